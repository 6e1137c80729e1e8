/**
 * ChaCha20-Poly1305 straight from OpenSSL's libcrypto: a context for each key, made once, and four calls a message on
 * memory that stays where it is. Everything else of a provider is node:crypto's.
 */
import { nodeCrypto } from '../../crypto/node/provider.ts'
import type { Aead, CryptoProvider } from '../../crypto/provider.ts'
import { sameBytes } from '../../ip/bytes.ts'
import { addressOf, allocate, loadKoffi } from './libc.ts'

const EVP_CTRL_AEAD_GET_TAG = 0x10
const EVP_CTRL_AEAD_SET_TAG = 0x11
const TAG = 16

interface Evp {
  newContext(): number
  freeContext(context: number): void
  fetch(name: string): number
  encryptInit(context: number, cipher: number, engine: number, key: number, nonce: number): number
  encryptUpdate(context: number, out: number, outLength: number, data: number, length: number): number
  encryptFinal(context: number, out: number, outLength: number): number
  decryptInit(context: number, cipher: number, engine: number, key: number, nonce: number): number
  decryptUpdate(context: number, out: number, outLength: number, data: number, length: number): number
  decryptFinal(context: number, out: number, outLength: number): number
  control(context: number, command: number, argument: number, address: number): number
}

/** The provider, or undefined with a reason: no libcrypto.so.3, or it does not do what node:crypto does. */
export function loadLibcrypto(): CryptoProvider | { readonly missing: string } {
  try {
    const provider = providerOf(bindEvp())
    return agrees(provider) ? provider : { missing: 'libcrypto.so.3 disagrees with node:crypto' }
  } catch (error) {
    return { missing: `libcrypto.so.3: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Node has symbols of an OpenSSL of its own: `deep` keeps the library to itself. */
function bindEvp(): Evp {
  const library = loadKoffi().load('libcrypto.so.3', { deep: true })
  const bind = (name: string, result: string, ...types: string[]) => library.func(name, result, types)
  const pointer = 'int64'
  const init = [pointer, pointer, pointer, pointer, pointer]
  const update = [pointer, pointer, pointer, pointer, 'int']
  const fetch = bind('EVP_CIPHER_fetch', pointer, pointer, 'string', pointer)
  return {
    newContext: bind('EVP_CIPHER_CTX_new', pointer),
    freeContext: bind('EVP_CIPHER_CTX_free', 'void', pointer),
    fetch: name => fetch(0, name, 0),
    encryptInit: bind('EVP_EncryptInit_ex', 'int', ...init),
    encryptUpdate: bind('EVP_EncryptUpdate', 'int', ...update),
    encryptFinal: bind('EVP_EncryptFinal_ex', 'int', pointer, pointer, pointer),
    decryptInit: bind('EVP_DecryptInit_ex', 'int', ...init),
    decryptUpdate: bind('EVP_DecryptUpdate', 'int', ...update),
    decryptFinal: bind('EVP_DecryptFinal_ex', 'int', pointer, pointer, pointer),
    control: bind('EVP_CIPHER_CTX_ctrl', 'int', pointer, 'int', 'int', pointer),
  }
}

function providerOf(evp: Evp): CryptoProvider {
  const cipher = evp.fetch('ChaCha20-Poly1305')
  if (cipher === 0) throw new Error('it has no ChaCha20-Poly1305')
  // Nonce, and where OpenSSL says how many bytes it wrote; then a key on its way in.
  const scratch = allocate(64)
  const { view, bytes: small, address: nonce } = scratch
  const written = scratch.address + 16
  const contexts = new FinalizationRegistry<number>(context => evp.freeContext(context))
  const addresses = new Addresses()

  const prepare = (key: Uint8Array, owner: Aead): number => {
    const context = evp.newContext()
    if (context === 0) throw new Error('libcrypto: out of memory')
    contexts.register(owner, context)
    small.set(key, 32)
    key.fill(0)
    const done = evp.encryptInit(context, cipher, 0, scratch.address + 32, 0)
    small.fill(0, 32)
    if (done !== 1) throw new Error('libcrypto: a key was refused')
    return context
  }
  const setNonce = (counter: number) => {
    view.setUint32(4, counter >>> 0, true)
    view.setUint32(8, Math.floor(counter / 0x1_0000_0000), true)
  }

  const aead = (key: Uint8Array): Aead => {
    const { seal, open } = nodeCrypto.aead(key)
    const secret = Uint8Array.from(key)
    let context = 0
    const self: Aead = {
      seal,
      open,
      sealInPlace(counter, bytes, from, length) {
        if (context === 0) context = prepare(secret, self)
        setNonce(counter)
        const at = addresses.of(bytes.buffer) + bytes.byteOffset + from
        const done =
          evp.encryptInit(context, 0, 0, 0, nonce) &
          evp.encryptUpdate(context, at, written, at, length) &
          evp.encryptFinal(context, at + length, written) &
          evp.control(context, EVP_CTRL_AEAD_GET_TAG, TAG, at + length)
        if (done !== 1) throw new Error('libcrypto: sealing failed')
      },
      openInPlace(counter, bytes, from, length) {
        if (length < TAG) return false
        if (context === 0) context = prepare(secret, self)
        setNonce(counter)
        const at = addresses.of(bytes.buffer) + bytes.byteOffset + from
        const end = at + length - TAG
        const done =
          evp.decryptInit(context, 0, 0, 0, nonce) &
          evp.control(context, EVP_CTRL_AEAD_SET_TAG, TAG, end) &
          evp.decryptUpdate(context, at, written, at, length - TAG) &
          evp.decryptFinal(context, end, written)
        return done === 1
      },
    }
    return self
  }
  return { ...nodeCrypto, name: 'libcrypto', aead }
}

/** Where buffers stand. The pump has two that matter, for packets in and out; they are kept, others pass through. */
class Addresses {
  #first: ArrayBufferLike | undefined
  #second: ArrayBufferLike | undefined
  #firstAddress = 0
  #secondAddress = 0

  of(buffer: ArrayBufferLike): number {
    if (buffer === this.#first) return this.#firstAddress
    if (buffer === this.#second) return this.#secondAddress
    this.#second = this.#first
    this.#secondAddress = this.#firstAddress
    this.#first = buffer
    this.#firstAddress = addressOf(buffer)
    return this.#firstAddress
  }
}

/** A few messages of lengths around a block's, sealed and opened by both; one forged. */
function agrees(provider: CryptoProvider): boolean {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1)
  const ours = provider.aead(key)
  const theirs = nodeCrypto.aead(key)
  return [0, 1, 15, 16, 63, 64, 65, 1420].every((length, i) => {
    const counter = i * 0x1234_5678_9a
    const message = Uint8Array.from({ length: length + TAG }, (_, n) => n * 31)
    const plaintext = message.slice(0, length)
    const sealed = theirs.seal(BigInt(counter), plaintext, new Uint8Array(0))
    ours.sealInPlace?.(counter, message, 0, length)
    if (!sameBytes(message, sealed)) return false
    if (ours.openInPlace?.(counter, message, 0, message.length) !== true) return false
    if (!sameBytes(message.subarray(0, length), plaintext)) return false
    sealed[length] = sealed[length]! ^ 1
    return ours.openInPlace(counter, sealed, 0, sealed.length) === false
  })
}
