/** What an interface may be called, and where its sockets lie. */

/** Where wg(8) looks for the control sockets of implementations that are not in the kernel. */
export const SOCKET_FOLDER = '/var/run/wireguard'

/** undefined when the name is right; else what is wrong and what to write instead. The rules are wg-quick's. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'the interface has no name; write for example wg0'
  if (name.length > 15)
    return `the interface name "${name}" has ${name.length} characters; at most 15 fit, for example wg0`
  if (name === '.' || name === '..') return `"${name}" is a folder, not an interface name; write for example wg0`
  if (/^[a-zA-Z0-9_=+.-]+$/.test(name)) return undefined
  return `the interface name "${name}" may hold letters, digits and _ = + . - alone; write for example wg0`
}

/** The control socket, which speaks the cross-platform protocol. */
export function controlPath(iface: string, folder = SOCKET_FOLDER): string {
  return `${folder}/${iface}.sock`
}

/** The socket for people's questions. Its name must not end in .sock: wg would take it for another interface. */
export function eventsPath(iface: string, folder = SOCKET_FOLDER): string {
  return `${folder}/${iface}.events`
}
