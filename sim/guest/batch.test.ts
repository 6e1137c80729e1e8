/** Fewer processes must not mean other commands: an oracle reads the batch back. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LONGEST_COMMAND } from './agent.ts'
import { batched } from './batch.ts'

it('makes one process of what follows each other, and one order of it all', () => {
  expect(
    batched([
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
      'sysctl -qw net.ipv6.conf.all.accept_ra=0',
      'ip link set dev eth0 mtu 1500 up',
      'ip addr add 198.51.100.1/32 dev eth0',
      'ip -6 route add default dev eth0',
      "printf %s 'a' > /run/hosts",
      'ip link set dev eth1 up',
      "ip route add 'a'",
    ]),
  ).toEqual([
    `set -e
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.accept_ra=0
ip -batch - <<'END'
link set dev eth0 mtu 1500 up
addr add 198.51.100.1/32 dev eth0
END
ip -6 route add default dev eth0
printf %s 'a' > /run/hosts
ip link set dev eth1 up
ip route add 'a'`,
  ])
  expect(batched([])).toEqual([])
})

/** Read back as the shell would: line by line, as no command of these has lines of its own. */
function unpacked(orders: readonly string[]): string[] {
  const lines = orders.flatMap(order => order.split('\n').slice(1))
  let inBatch = false
  return lines.flatMap(line => {
    if (line === "ip -batch - <<'END'") inBatch = true
    else if (line === 'END') inBatch = false
    else if (inBatch) return [`ip ${line}`]
    else if (line.startsWith('sysctl -qw ')) return line.slice(11).split(' ')
    else return [line]
    return []
  })
}

it('does the same in the same order, in orders that fit a frame', () => {
  const command = fc.oneof(
    fc
      .nat(99_999)
      .map(n => ({ text: `ip addr add 10.0.0.${n}/32 dev eth0`, does: [`ip addr add 10.0.0.${n}/32 dev eth0`] })),
    fc.nat(99_999).map(n => ({ text: `ip -6 route add 2001:db8::${n}`, does: [`ip -6 route add 2001:db8::${n}`] })),
    fc.nat(99_999).map(n => ({ text: `sysctl -qw a=${n} b=${n}`, does: [`a=${n}`, `b=${n}`] })),
    fc.nat(4000).map(n => ({ text: `printf %s '${'x'.repeat(n)}'`, does: [`printf %s '${'x'.repeat(n)}'`] })),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 900, size: 'max' }), commands => {
      const orders = batched(commands.map(({ text }) => text))
      expect(unpacked(orders)).toEqual(commands.flatMap(({ does }) => does))
      for (const order of orders) expect(order.length).toBeLessThanOrEqual(LONGEST_COMMAND)
    }),
    { numRuns: 40 },
  )
})
