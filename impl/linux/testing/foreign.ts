/** `node --import tsx impl/linux/testing/foreign.ts`: builds the foreign programs into the cache, and says what is there. */
import { build, cacheFolder, type Kind, program } from './programs.ts'

const KINDS = ['wireguard-go-new', 'boringtun'] as const satisfies readonly Kind[]

const built = await Promise.all(KINDS.map(build))
for (const [n, kind] of KINDS.entries())
  process.stdout.write(
    built[n] === undefined
      ? `${kind}: not there, and could not be built into ${cacheFolder()}\n`
      : `${kind}: ${program(kind)?.command}\n`,
  )
