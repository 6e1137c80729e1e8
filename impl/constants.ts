/** The numbers of the protocol: the paper's names, with § and unit. Where the Linux kernel differs, its number, and a comment. */
import { NS_PER_MS, NS_PER_S } from './box.ts'

/** Paper §5.4: the Noise protocol name. */
export const CONSTRUCTION = 'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s'
/** Paper §5.4: 34 bytes. */
export const IDENTIFIER = 'WireGuard v1 zx2c4 Jason@zx2c4.com'

/** Paper §6.1 Rekey-After-Messages: above it a new handshake is started. */
export const REKEY_AFTER_MESSAGES = 2n ** 60n
/** Accepted iff highest − counter is at most this (kernel: 8192 − 64; paper §5.4.6: "approximately 2000"). */
export const REPLAY_WINDOW = 8128
/** Paper §6.1 Reject-After-Messages: 2^64 − 2^13 − 1 there; the kernel subtracts its window and one. Counters at or above it are never used. */
export const REJECT_AFTER_MESSAGES = 2n ** 64n - 1n - BigInt(REPLAY_WINDOW) - 1n

/** Paper §6.1 Rekey-After-Time: 120 s. */
export const REKEY_AFTER_TIME_NS = 120 * NS_PER_S
/** Paper §6.1 Reject-After-Time: 180 s. */
export const REJECT_AFTER_TIME_NS = 180 * NS_PER_S
/** Paper §6.1 Rekey-Timeout: 5 s. */
export const REKEY_TIMEOUT_NS = 5 * NS_PER_S
/** Paper §6.1 Keepalive-Timeout: 10 s. */
export const KEEPALIVE_TIMEOUT_NS = 10 * NS_PER_S
/** Paper §6.1 Rekey-Attempt-Time: 90 s. */
export const REKEY_ATTEMPT_TIME_NS = 90 * NS_PER_S

/** Kernel: a third of a second, added to handshake timers so that two ends do not start together. */
export const REKEY_TIMEOUT_JITTER_MAX_NS = 333 * NS_PER_MS
/** Kernel: the retry that finds more attempts than this gives up, which makes 20 initiations in all. */
export const MAX_TIMER_HANDSHAKES = REKEY_ATTEMPT_TIME_NS / REKEY_TIMEOUT_NS
/** How many initiations leave before the device gives up. */
export const MAX_INITIATIONS = MAX_TIMER_HANDSHAKES + 2
/** Paper §6.3: three times Reject-After-Time after the last session, everything secret is wiped. */
export const ZERO_KEY_MATERIAL_NS = 3 * REJECT_AFTER_TIME_NS
/** Paper §6.2: an initiator that receives on a session this old starts a new one: 180 − 10 − 5 = 165 s. */
export const REKEY_ON_RECEIVE_NS = REJECT_AFTER_TIME_NS - KEEPALIVE_TIMEOUT_NS - REKEY_TIMEOUT_NS
/** Paper §6.5: data sent and nothing heard for this long means the peer is dead: 10 + 5 s. */
export const NEW_HANDSHAKE_NS = KEEPALIVE_TIMEOUT_NS + REKEY_TIMEOUT_NS

/** Kernel: at most 50 initiations a second are consumed from one peer. */
export const INITIATION_GATE_NS = NS_PER_S / 50

/** Kernel: incoming handshake messages that may wait. */
export const MAX_QUEUED_INCOMING_HANDSHAKES = 4096
/** Kernel: this many waiting, the one in hand included, means load. */
export const UNDER_LOAD_FROM = MAX_QUEUED_INCOMING_HANDSHAKES / 8
/** Kernel: load lasts this long after it was last seen. */
export const UNDER_LOAD_AFTER_NS = NS_PER_S

/** Kernel: packets that wait for a session; checked before one is added, so 129 can be there. */
export const MAX_STAGED_PACKETS = 128
export const MAX_PEERS_PER_DEVICE = 1 << 20

/** Paper §5.4.6: plaintext is padded with zeros to a multiple of this. */
export const PADDING_MULTIPLE = 16
/** Kernel: 1500 less the longest outer headers (IPv6 40, UDP 8, data message 32). */
export const DEFAULT_MTU = 1420
/** Kernel: the largest int rounded down to the padding, less 80. */
export const MAX_MTU = 2_147_483_632 - 80

/** Kernel: AF41 with ECN clear, on initiations and responses; cookie replies and data have DSCP 0. */
export const HANDSHAKE_TOS = 0x88
