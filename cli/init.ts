/** `wglab init`: a scenario to start from. */
import { rmSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { UserError } from './exit.ts'
import { writeWhole } from './files.ts'
import { print } from './print.ts'
import { quoted } from './reproduce.ts'
import { codeOf, systemText } from './system.ts'

const YAML = `# A wglab scenario. Run it:  npx wglab run FILE
# Editors with YAML support complete and check it by this schema:
# yaml-language-server: $schema=./node_modules/wglab/scenarios/scenario.schema.json
schema: wglab/scenario@1
title: A laptop at home reaches a server, also after a quiet hour
duration: 70m

networks:
  internet: { link: { delay: 15ms } }
  home: { kind: lan, gateway: 192.168.1.1 }

nats:
  router:
    inside: { home: 192.168.1.1/24 }
    outside: { internet: 203.0.113.77 }
    timeout: 60s # an idle UDP mapping is forgotten after this

hosts:
  laptop:
    interfaces: { home: 192.168.1.10/24 }
    wg:
      # The text of /etc/wireguard/wg0.conf; keys by name, derived from the seed.
      wg0: |
        [Interface]
        PrivateKey = <laptop>
        Address = 10.8.0.2/24

        [Peer]
        PublicKey = <server.pub>
        Endpoint = vpn.example.com:51820
        AllowedIPs = 10.8.0.0/24
        PersistentKeepalive = 25
  server:
    interfaces: { internet: 198.51.100.1 }
    wg:
      wg0: |
        [Interface]
        PrivateKey = <server>
        Address = 10.8.0.1/24
        ListenPort = 51820

        [Peer]
        PublicKey = <laptop.pub>
        AllowedIPs = 10.8.0.2/32

names:
  vpn.example.com: 198.51.100.1

steps:
  - { do: ping, at: 1s, name: hello, from: laptop, to: 10.8.0.1 }
  - { do: ping, at: 65m, name: after the quiet hour, from: server, to: 10.8.0.2 }

expect:
  - { see: delivered, step: hello }
  - { see: delivered, name: still reachable, step: after the quiet hour }

# What must break it: without the keepalive the router forgets the laptop.
twin:
  about: No keepalive, so the mapping expires.
  changes:
    - { path: /hosts/laptop/wg/wg0, replace: PersistentKeepalive = 25, with: "" }
  fails: still reachable
`

export function initCommand(): Command {
  return new Command('init')
    .description('Write a scenario that runs, with comments, to start from.')
    .argument('[file]', 'where to', 'lab.yaml')
    .option('--force', 'overwrite it')
    .addHelpText('after', '\nExample:\n  wglab init home.yaml && wglab run home.yaml\n')
    .action(async (file: string, flags: { force?: boolean }) => {
      if (!/[^/\\]\.ya?ml$/.test(file)) throw new UserError(`"${file}": a scenario file ends in .yaml`)
      write(file, flags.force === true)
      await print(`${file} written. Now: npx wglab run ${quoted(file)}\n`)
    })
}

/** Never over a file that is there, or comes in the same moment; never a half one. */
function write(file: string, force: boolean): void {
  try {
    if (force) return writeWhole(file, YAML)
    writeFileSync(file, YAML, { flag: 'wx' })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new UserError(`${file} is there already; choose another name or add --force`)
    if (codeOf(error) === 'ENOSPC') rmSync(file, { force: true })
    throw new UserError(`${file}: ${systemText(error)}`)
  }
}
