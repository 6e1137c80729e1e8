/** Programs whose memory is at the same addresses each time. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { firstThatWorks, fixedAddresses } from './addresses.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wglab-addresses-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A folder with a setarch of our own. */
function setarch(name: string, script: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, 'setarch'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(path, 'setarch'), 0o755)
  return path
}

it('takes the first setarch that does what it says, by its whole name', async () => {
  const forbidden = setarch('forbidden', 'echo "setarch: failed to set personality" >&2; exit 1')
  const idle = setarch('idle', 'echo 00000000')
  const works = setarch('works', 'echo 00040000')
  const also = setarch('also', 'echo 00040000')
  expect(await firstThatWorks(['', '.', '/nowhere', forbidden, idle, works, also])).toEqual([
    join(works, 'setarch'),
    'linux64',
    '-R',
  ])
  expect(await firstThatWorks([forbidden, idle, 'works'])).toEqual([])
})

const before = await fixedAddresses()

it.skipIf(before.length === 0)('puts the heap of a program at the same place, where this machine lets it', () => {
  const [program = '', ...words] = before
  // The addresses alone: beside them inode numbers may be told.
  const heap = () =>
    /^(\S+) .*\[heap\]$/m.exec(execFileSync(program, [...words, 'cat', '/proc/self/maps'], { encoding: 'utf8' }))?.[1]
  const heaps = new Set([heap(), heap(), heap()])
  expect([heaps.size, heaps.has(undefined)]).toEqual([1, false])
})
