/** The file that `wglab up` and `down` are about: found, read, checked, its host names looked up. */
import { lookup } from 'node:dns/promises'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { DeviceChange } from '../impl/api.ts'
import type { Address } from '../impl/box.ts'
import { type Conf, formatProblem, hasErrors, type Problem, parseConf } from '../impl/config/conf.ts'
import { addconfChange } from '../impl/config/resolve.ts'
import { parseAddress } from '../impl/ip/address.ts'
import { nameProblem } from '../impl/linux/names.ts'
import { scopeOf } from '../impl/linux/zones.ts'
import { EXIT, UserError } from './exit.ts'

export interface QuickFile {
  readonly iface: string
  readonly conf: Conf
}

/** `wg0` is /etc/wireguard/wg0.conf; a path names the interface by its last part. Throws a UserError that says where and what. */
export function readQuickFile(what: string, warn: (text: string) => void): QuickFile {
  const path = nameProblem(what) === undefined ? `/etc/wireguard/${what}.conf` : resolve(what)
  if (!existsSync(path)) throw new UserError(`${path} does not exist; write a name such as wg0, or the path of a file`)
  if (!path.endsWith('.conf')) throw new UserError(`${path}: the file is named as the interface, and .conf: wg0.conf`)
  const iface = basename(path, '.conf')
  const problem = nameProblem(iface)
  if (problem !== undefined) throw new UserError(`${path}: ${problem}`)
  // Both must be open for the file to be: a folder that others may not enter guards what is in it.
  if ((statSync(path).mode & statSync(dirname(path)).mode & 0o007) !== 0) {
    warn(`${path} holds keys and everybody may read it; chmod 600 ${path}`)
  }
  const { conf, problems } = parseConf(readFileSync(path, 'utf8'), { file: path, dialect: 'wg-quick' })
  tell(problems, warn)
  return { iface, conf }
}

/** What the file says to the device. Throws a UserError where a host name does not resolve. */
export async function changeOf(conf: Conf, warn: (text: string) => void): Promise<DeviceChange> {
  const hosts = new Map<string, Address>()
  for (const peer of conf.peers) {
    const host = peer.endpoint?.value.host
    if (host?.kind !== 'name' || hosts.has(host.name)) continue
    const address = await resolved(host.name)
    if (address !== undefined) hosts.set(host.name, address)
  }
  const { change, problems } = addconfChange(conf, { resolveHost: name => hosts.get(name), scopeOf })
  tell(problems, warn)
  return change
}

/** As wg does (behaviour 158): a resolver that is not there yet is asked again, 1 s later and then ever more slowly. */
async function resolved(name: string): Promise<Address | undefined> {
  const tries = Number(process.env['WG_ENDPOINT_RESOLUTION_RETRIES'] ?? 15)
  for (let attempt = 0, wait_ms = 1000; ; attempt++, wait_ms = Math.min(20_000, wait_ms * 1.2)) {
    try {
      return parseAddress((await lookup(name)).address)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAI_AGAIN' || !(attempt < tries)) return undefined
    }
    await new Promise(done => setTimeout(done, wait_ms))
  }
}

function tell(problems: readonly Problem[], warn: (text: string) => void): void {
  if (hasErrors(problems))
    throw new UserError(`the file is wrong:\n${problems.map(formatProblem).join('\n')}`, EXIT.usage)
  for (const problem of problems) warn(formatProblem(problem))
}
