/** What can be said only after the last line. */
import type { PeerConf } from './model.ts'
import { report, type State } from './parse-state.ts'

/** Peers with a public key, each once. */
export function finishPeers(state: State): PeerConf[] {
  const peers: PeerConf[] = []
  const first = new Map<string, number>()
  for (const draft of state.peers) {
    const { publicKey } = draft
    if (publicKey === undefined) {
      if (!state.faultyKey.has(draft)) {
        report(state, draft, '[Peer] has no PublicKey', "PublicKey = (the 44 characters of the peer's public key)")
      }
      continue
    }
    const id = publicKey.value.kind === 'literal' ? publicKey.value.key : `<${publicKey.value.name}>`
    const before = first.get(id)
    if (before !== undefined) {
      report(
        state,
        publicKey,
        `the peer ${id} stands twice; the first PublicKey is in line ${before}`,
        'one [Peer] with all its AllowedIPs',
      )
      continue
    }
    first.set(id, publicKey.line)
    peers.push({ ...draft, publicKey })
  }
  return peers
}

export function finishInterface(state: State): undefined {
  if (state.options.dialect === 'wg') return undefined
  const draft = state.interface
  if (draft === undefined) {
    // Who misspelt the section has been told already.
    if (state.problems.some(problem => problem.instead.startsWith('[Interface]'))) return undefined
    return report(
      state,
      { line: 1, column: 1 },
      'no [Interface], which wg-quick needs',
      '[Interface]\n  PrivateKey = (44 characters)\n  Address = 10.0.0.1/24',
    )
  }
  const setLater = [...draft.preUp, ...draft.postUp].some(hook => /\bprivate-key\b/.test(hook.value))
  const tried = state.problems.some(problem => problem.what.includes('PrivateKey'))
  if (draft.privateKey === undefined && !setLater && !tried) {
    report(
      state,
      draft,
      '[Interface] has no PrivateKey, and no PreUp or PostUp sets one',
      'PrivateKey = (44 characters, as `wg genkey` prints them)',
    )
  }
  const v6 = draft.addresses.find(item => item.value.address.length === 16)
  if (draft.mtu !== undefined && draft.mtu.value < 1280 && v6 !== undefined) {
    report(
      state,
      draft.mtu,
      `MTU is ${draft.mtu.value} and line ${v6.line} has an IPv6 address: IPv6 needs at least 1280`,
      'MTU = 1280, or no IPv6 address',
    )
  }
}
