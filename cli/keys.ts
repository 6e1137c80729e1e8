/** `wglab genkey`, `pubkey` and `genpsk`: keys as `wg` makes and reads them. */
import { randomBytes } from 'node:crypto'
import { fstatSync, readFileSync } from 'node:fs'
import { Command } from 'commander'
import { keyFromBase64, keyToBase64 } from '../impl/config/base64.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { UserError } from './exit.ts'

export function genkeyCommand(): Command {
  return new Command('genkey')
    .description('Print a new private key.')
    .addHelpText('after', '\nExample:\n  umask 077; wglab genkey > private.key\n')
    .action(() => printSecret(privateKey()))
}

export function genpskCommand(): Command {
  return new Command('genpsk')
    .description('Print a new preshared key.')
    .addHelpText('after', '\nExample:\n  umask 077; wglab genpsk > preshared.key\n')
    .action(() => printSecret(randomBytes(32)))
}

export function pubkeyCommand(): Command {
  return new Command('pubkey')
    .description('Read a private key from standard input and print its public key.')
    .addHelpText('after', '\nExample:\n  wglab pubkey < private.key\n')
    .action(() => {
      process.stdout.write(`${publicKeyOf(readFileSync(0, 'latin1'))}\n`)
    })
}

/** 32 random bytes, clamped (RFC 7748 §5). */
export function privateKey(): Uint8Array {
  const bytes = new Uint8Array(randomBytes(32))
  bytes[0] = bytes[0]! & 248
  bytes[31] = (bytes[31]! & 127) | 64
  return bytes
}

/** Of 44 characters of base64, then nothing but white space. Throws a UserError that does not repeat the text. */
export function publicKeyOf(text: string): string {
  const bytes = /^\s*$/.test(text.slice(44)) ? keyFromBase64(text.slice(0, 44)) : undefined
  if (bytes === undefined) {
    throw new UserError('standard input is no key: 44 characters of base64, as wglab genkey prints them')
  }
  return keyToBase64(nodeCrypto.privateKey(bytes).publicKey)
}

/** A file that everybody may read is no place for a secret; it is written nevertheless, as wg does. */
function printSecret(key: Uint8Array): void {
  const output = fstatSync(1)
  if (output.isFile() && (output.mode & 0o007) !== 0) {
    process.stderr.write('wglab: warning: everybody may read the file that the key goes to; first: umask 077\n')
  }
  process.stdout.write(`${keyToBase64(key)}\n`)
}
