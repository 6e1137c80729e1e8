/** Why a packet was lost inside a device: every refusal has a name here and a sentence that explains it. */

export const DROPS = {
  'device-down': 'The tunnel interface is down, so it neither sends nor receives.',
  'no-private-key': 'This device has no private key, so it can not take part in a handshake.',

  'not-ip': 'The packet that was routed into the tunnel is neither IPv4 nor IPv6, or is shorter than its header.',
  'no-route': "No peer's allowed IPs hold the packet's destination address.",
  'no-endpoint': 'The peer has no known endpoint: none is configured, and it has not sent anything yet.',
  'staged-overflow': 'More than 128 packets waited for a session with the peer, and the oldest had to go.',
  'handshake-given-up':
    'The peer did not answer 20 handshake initiations, and the packets that waited for it were dropped.',
  'staged-wiped': 'The packet waited for a session when the interface went down or the peer was removed.',
  'low-order-peer': "The peer's public key is a low-order point, so no secret can be shared with it.",

  'too-short': 'The datagram has fewer than four bytes, so it has no message type.',
  'unknown-type': 'The message type is none of 1, 2, 3 and 4.',
  'reserved-not-zero': 'The three reserved bytes after the message type are not zero.',
  'wrong-length':
    'The datagram does not have the length of its message type: 148, 92, 64, or at least 32 bytes for data.',
  'handshake-queue-full': '4096 handshake messages were waiting already.',

  'bad-mac1': 'The first MAC is wrong: the sender does not know our public key, or the message was damaged.',
  'cookie-required':
    'The device is under load and the message has no valid cookie: a cookie reply was sent, and the sender tries again.',
  'rate-limited': 'The device is under load and this source address sent more than 20 handshake messages a second.',

  'low-order-ephemeral': "The sender's ephemeral key is a low-order point, with which no secret can be agreed.",
  'bad-static': "The sender's static key could not be decrypted: the initiation was damaged or made for another key.",
  'unknown-peer': "The sender's public key is not among our peers.",
  'bad-timestamp': 'The timestamp could not be decrypted: the initiation was damaged or forged.',
  'old-timestamp':
    "The timestamp is not later than the last one from this peer: a replay, or the peer's clock went back.",
  'initiation-flood': 'The peer sent another initiation less than 20 ms after the last one.',

  'unknown-handshake': 'The response answers no initiation of ours that is still waiting.',
  'handshake-superseded': 'The response answers an initiation that an initiation of the peer has replaced.',
  'bad-response': 'The response could not be authenticated: it was damaged, forged, or the preshared keys differ.',

  'unknown-cookie-index': 'The cookie reply is for no message of ours.',
  'cookie-not-expected': 'A cookie reply to our last message was consumed already, or no message was sent.',
  'bad-cookie': 'The cookie reply could not be authenticated: it was damaged, forged, or answers another message.',

  'unknown-session': 'The data belongs to no session that exists: it was replaced, wiped, or never was.',
  'session-expired': 'The session is older than 180 seconds and may no longer be used.',
  'session-exhausted': 'The message counter is at or above its limit, so the session may no longer be used.',
  'bad-data': 'The data could not be authenticated: it was damaged or forged.',
  replayed: 'The message counter was seen before, or is more than 8128 behind the highest one.',

  'inner-not-ip': 'The decrypted packet is neither IPv4 nor IPv6, or is shorter than its header.',
  'inner-bad-length': 'The length in the decrypted IP header does not fit the packet.',
  'source-not-allowed': "The decrypted packet's source address does not belong to the sending peer's allowed IPs.",
} as const satisfies Record<string, string>

export type DropReason = keyof typeof DROPS
