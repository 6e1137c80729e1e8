/** Reads what the kernel's route socket says of links, addresses and routes (rtnetlink(7)). Little endian machines. */

export type RouteNews =
  | { readonly kind: 'link'; readonly index: number; readonly up: boolean; readonly mtu: number | undefined }
  /** Deleted, or moved to another namespace. */
  | { readonly kind: 'link-gone'; readonly index: number }
  | { readonly kind: 'address-gone'; readonly index: number }
  /** A route or rule came or went; `index` is the interface it leads to, if to one. */
  | { readonly kind: 'route'; readonly index: number | undefined }

const NLMSG_HEADER = 16
const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_DELADDR = 21
const RTM_NEWROUTE = 24
const RTM_DELROUTE = 25
const RTM_NEWRULE = 32
const RTM_DELRULE = 33
const IFINFOMSG = 16
const RTMSG = 12
const IFLA_MTU = 4
const RTA_OIF = 4
const RTN_UNICAST = 1
const IFF_UP = 1

/** All messages of one datagram. What is cut short or unknown is passed over. */
export function readNetlink(datagram: Uint8Array): RouteNews[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length)
  const news: RouteNews[] = []
  for (let at = 0; at + NLMSG_HEADER <= datagram.length; ) {
    const length = view.getUint32(at, true)
    if (length < NLMSG_HEADER || at + length > datagram.length) break
    const type = view.getUint16(at + 4, true)
    const body = new DataView(view.buffer, view.byteOffset + at + NLMSG_HEADER, length - NLMSG_HEADER)
    const found = readMessage(type, body)
    if (found !== undefined) news.push(found)
    at += (length + 3) & ~3
  }
  return news
}

function readMessage(type: number, body: DataView): RouteNews | undefined {
  switch (type) {
    case RTM_NEWLINK:
      if (body.byteLength < IFINFOMSG) return undefined
      return {
        kind: 'link',
        index: body.getInt32(4, true),
        up: (body.getUint32(8, true) & IFF_UP) !== 0,
        mtu: attribute(body, IFINFOMSG, IFLA_MTU),
      }
    case RTM_DELLINK:
      return body.byteLength < IFINFOMSG ? undefined : { kind: 'link-gone', index: body.getInt32(4, true) }
    case RTM_DELADDR:
      return body.byteLength < 8 ? undefined : { kind: 'address-gone', index: body.getUint32(4, true) }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      // Local, broadcast and multicast routes only follow the addresses.
      if (body.byteLength < RTMSG || body.getUint8(7) !== RTN_UNICAST) return undefined
      return { kind: 'route', index: attribute(body, RTMSG, RTA_OIF) }
    }
    case RTM_NEWRULE:
    case RTM_DELRULE:
      return { kind: 'route', index: undefined }
    default:
      return undefined
  }
}

/** The attribute's value as a number of 32 bits. */
function attribute(body: DataView, from: number, wanted: number): number | undefined {
  for (let at = from; at + 4 <= body.byteLength; ) {
    const length = body.getUint16(at, true)
    if (length < 4 || at + length > body.byteLength) return undefined
    if (body.getUint16(at + 2, true) === wanted && length >= 8) return body.getUint32(at + 4, true)
    at += (length + 3) & ~3
  }
  return undefined
}
