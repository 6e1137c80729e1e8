import { describe, expect, it } from 'vitest'
import { scenario as oneRoundTrip } from '../../scenarios/catalogue/handshake/one-round-trip.ts'
import { scenario as blackHole } from '../../scenarios/catalogue/mtu/ipv6-black-hole.ts'
import { scenario as routerOff } from '../../scenarios/catalogue/nat/router-off-for-a-minute.ts'
import { scenario as phone } from '../../scenarios/catalogue/roaming/phone-changes-network.ts'
import { scenario as fullTunnel } from '../../scenarios/catalogue/topologies/full-tunnel.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { linesOf, momentsOf, partOf, planOf } from './testing.ts'

describe('a scenario becomes commands', () => {
  it('two hosts on an internet: all of the set-up', () => {
    expect(linesOf(planOf(oneRoundTrip, {}, false).setUp)).toMatchInlineSnapshot(`
      "# internet, a network
      ip netns add wglab-t-internet
      ip netns exec wglab-t-internet sysctl -qp tools/machine.conf
      ip -n wglab-t-internet link set dev lo up
      # alice, a host
      ip netns add wglab-t-alice
      ip netns exec wglab-t-alice sysctl -qp tools/machine.conf
      ip -n wglab-t-alice link set dev lo up
      ip netns exec wglab-t-alice sh -eu tools/hold.sh alice
      # bob, a host
      ip netns add wglab-t-bob
      ip netns exec wglab-t-bob sysctl -qp tools/machine.conf
      ip -n wglab-t-bob link set dev lo up
      ip netns exec wglab-t-bob sh -eu tools/hold.sh bob
      # internet is a router that knows every address
      internet: sysctl -eqw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
      internet: sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0
      internet: sysctl -qw net.ipv4.conf.all.proxy_arp=1
      internet: ip addr add 192.0.0.8/32 dev lo
      internet: ip -6 addr add 100::8/128 dev lo
      # a cable from alice to internet
      ip -n wglab-t-alice link add eth0 address 02:00:00:00:00:01 type veth peer name alice address 02:00:00:00:00:02 netns wglab-t-internet
      ip -n wglab-t-alice link property add dev eth0 altname internet
      ip -n wglab-t-alice link set dev eth0 addrgenmode none gso_max_segs 1
      # a cable from bob to internet
      ip -n wglab-t-bob link add eth0 address 02:00:00:00:01:01 type veth peer name bob address 02:00:00:00:01:02 netns wglab-t-internet
      ip -n wglab-t-bob link property add dev eth0 altname internet
      ip -n wglab-t-bob link set dev eth0 addrgenmode none gso_max_segs 1
      # alice on internet
      internet: ip link set dev alice addrgenmode none up
      internet: sysctl -qw net.ipv4.neigh.alice.proxy_delay=0
      internet: ip neigh replace 198.51.100.1 lladdr 02:00:00:00:00:01 dev alice nud permanent
      internet: ip route replace 198.51.100.1/32 dev alice
      alice: ip link set dev eth0 up
      alice: ip addr add 198.51.100.1/32 dev eth0
      alice: ip neigh replace 192.0.0.8 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
      alice: ip route replace default via 192.0.0.8 dev eth0 onlink
      # bob on internet
      internet: ip link set dev bob addrgenmode none up
      internet: sysctl -qw net.ipv4.neigh.bob.proxy_delay=0
      internet: ip neigh replace 203.0.113.2 lladdr 02:00:00:00:01:01 dev bob nud permanent
      internet: ip route replace 203.0.113.2/32 dev bob
      bob: ip link set dev eth0 up
      bob: ip addr add 203.0.113.2/32 dev eth0
      bob: ip neigh replace 192.0.0.8 lladdr 02:00:00:00:01:02 dev eth0 nud permanent
      bob: ip route replace default via 192.0.0.8 dev eth0 onlink
      "
    `)
  })

  it('two hosts on an internet: what happens, and how it ends', () => {
    const made = planOf(oneRoundTrip)
    expect(momentsOf(made)).toMatchInlineSnapshot(`
      "at 0
      alice: wg-quick up wg0
      bob: wg-quick up wg0
      at 1000
      ping: ping -n -D -O -c 1 -i 1 -s 56 -M dont 10.0.0.2
      at 5000
      show: alice
      at 5000
      show: bob
      "
    `)
    expect(linesOf(made.tearDown)).toMatchInlineSnapshot(`
      "ip netns pids wglab-t-internet 2>/dev/null | xargs -r kill -9
      ip netns del wglab-t-internet
      ip netns pids wglab-t-alice 2>/dev/null | xargs -r kill -9
      ip netns del wglab-t-alice
      ip netns pids wglab-t-bob 2>/dev/null | xargs -r kill -9
      ip netns del wglab-t-bob
      "
    `)
  })

  it('a cable with a delay has a second veth, whose ends delay each direction', () => {
    const lines = planOf(oneRoundTrip).setUp.filter(({ line }) => /alice_|netem/.test(line))
    expect(linesOf(lines)).toMatchInlineSnapshot(`
      "# a cable from alice to internet
      ip -n wglab-t-alice link add eth0 address 02:00:00:00:00:01 type veth peer name alice_w netns wglab-t-internet
      ip -n wglab-t-internet link add alice_b up type bridge
      ip -n wglab-t-internet link add alice address 02:00:00:00:00:02 type veth peer name alice_c
      ip -n wglab-t-internet link set dev alice_w master alice_b addrgenmode none up
      ip -n wglab-t-internet link set dev alice_c master alice_b addrgenmode none up
      ip -n wglab-t-internet link set dev alice_b addrgenmode none
      internet: tc qdisc add dev alice root handle 1: netem delay 10ms limit 100000
      internet: tc qdisc add dev alice_c root handle 1: netem delay 10ms limit 100000
      internet: tc qdisc add dev bob root handle 1: netem delay 10ms limit 100000
      internet: tc qdisc add dev bob_c root handle 1: netem delay 10ms limit 100000
      "
    `)
  })

  it('what it needs follows from what it says', () => {
    const { needs, needsModule, needsQdiscs } = planOf(oneRoundTrip, { bob: 'kernel-6.12' })
    expect({ needs, needsModule, needsQdiscs }).toEqual({
      needs: ['ip', 'sysctl', 'mount', 'nsenter', 'xargs', 'tc', 'wg', 'wg-quick', 'ping', 'bash'],
      needsModule: true,
      needsQdiscs: ['netem'],
    })
  })

  it('a NAT that is switched off for a minute', () => {
    const made = planOf(routerOff as Scenario)
    expect(partOf(made, 'router')).toMatchInlineSnapshot(`
      "router: ip link set dev eth0 up
      router: ip addr add 192.168.1.1/24 dev eth0
      router: ip link set dev eth1 up
      router: ip addr add 203.0.113.77/32 dev eth1
      router: ip neigh replace 192.0.0.8 lladdr 02:00:00:00:03:02 dev eth1 nud permanent
      router: ip route replace default via 192.0.0.8 dev eth1 onlink metric 100
      # router translates
      router: sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0
      router: nft -f - <<'END'
      table ip wglab-nat {
        map forwards { type inet_proto . inet_service : ipv4_addr . inet_service; flags timeout; }
        chain outwards {
          type nat hook postrouting priority srcnat;
          oifname { "eth1" } masquerade fully-random
        }
        chain forwarded {
          type nat hook prerouting priority dstnat - 1;
          iifname { "eth1" } dnat ip to meta l4proto . th dport map @forwards
        }
      }
      table inet wglab {
        chain forward {
          type filter hook forward priority filter + 1;
          iifname { "eth1" } oifname { "eth0" } ct state established,related accept
          iifname { "eth1" } oifname { "eth0" } ct status dnat accept
          iifname { "eth1" } oifname { "eth0" } drop
        }
      }
      END
      router: sysctl -qw net.netfilter.nf_conntrack_udp_timeout=120 net.netfilter.nf_conntrack_udp_timeout_stream=120 net.netfilter.nf_conntrack_icmp_timeout=60 net.netfilter.nf_conntrack_tcp_loose=1
      "
    `)
    expect(momentsOf(made)).toMatchInlineSnapshot(`
      "at 0
      server: wg-quick up wg0
      at 0
      laptop: wg-quick up wg0
      at 1000
      ping: ping -n -D -O -c 1 -i 1 -s 56 -M dont 10.8.0.1
      at 15000
      router: sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
      at 75000
      router: conntrack -F
      router: sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
      at 100000
      ping: ping -n -D -O -c 1 -i 1 -s 56 -M dont 10.8.0.2
      at 110000
      show: laptop
      at 110000
      show: server
      "
    `)
  })

  it('a phone changes from a lan to an internet', () => {
    const [, moment] = planOf(phone as Scenario, {}, false).timeline.filter(({ step }) => step !== undefined)
    expect(linesOf(moment?.commands ?? [])).toMatchInlineSnapshot(`
      "wifi: ip link set dev phone down
      phone: ip addr flush dev eth0
      phone: ip link set dev eth0 down
      internet: ip route flush dev phone
      internet: ip -6 route flush dev phone
      internet: ip link set dev phone mtu 1500 addrgenmode none up
      internet: tc qdisc del dev phone root 2>/dev/null || true
      internet: ip neigh replace 198.51.100.200 lladdr 02:00:00:00:01:01 dev phone nud permanent
      internet: ip route replace 198.51.100.200/32 dev phone
      phone: ip addr flush dev eth1
      phone: ip link set dev eth1 mtu 1500 up
      phone: ip addr add 198.51.100.200/32 dev eth1
      phone: ip neigh replace 192.0.0.8 lladdr 02:00:00:00:01:02 dev eth1 nud permanent
      phone: ip route replace default via 192.0.0.8 dev eth1 onlink metric 100
      "
    `)
  })

  it('a size in the middle of a path', () => {
    const made = planOf(blackHole as Scenario, {}, false)
    expect(linesOf(made.setUp.filter(({ line }) => /mtu|nft|icmp/.test(line)))).toMatchInlineSnapshot(`
      "internet: sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0
      # rules of internet
      internet: nft -f - <<'END'
      table inet wglab
      delete table inet wglab
      table inet wglab {
        set cut_up { type ifname; }
        set cut_down { type ifname; }
        chain path {
          type filter hook forward priority filter;
          iifname @cut_up drop
          oifname @cut_down drop
        }
        chain said {
          type filter hook output priority filter;
          icmp type destination-unreachable icmp code 4 drop
          icmpv6 type packet-too-big drop
          icmp type destination-unreachable icmp code { 0, 1 } drop
          icmpv6 type destination-unreachable icmpv6 code { 0, 3 } drop
          icmp type destination-unreachable icmp code 3 drop
          icmpv6 type destination-unreachable icmpv6 code 4 drop
          icmp type time-exceeded drop
          icmpv6 type time-exceeded drop
        }
      }
      END
      internet: ip -6 route replace 2001:db8:b::2/128 dev bob mtu lock 1400
      "
    `)
  })

  it('a full tunnel: files, and vantages by their names', () => {
    const made = planOf(fullTunnel as Scenario)
    expect(
      made.files
        .filter(({ path }) => !path.startsWith('tools/'))
        .map(({ path, secret }) => `${path}${secret ? ' secret' : ''}`),
    ).toMatchInlineSnapshot(`
      [
        "client/wireguard/wg0.conf secret",
        "client/wireguard/README",
        "client/hosts",
        "client/resolv.conf",
        "client/daemon",
        "server/wireguard/wg0.conf secret",
        "server/wireguard/README",
        "server/hosts",
        "server/resolv.conf",
        "server/daemon",
        "web/wireguard/README",
        "web/hosts",
        "web/resolv.conf",
      ]
    `)
    expect(made.vantages.map(({ name, layer, iface }) => `${name} ${layer} ${iface}`)).toMatchInlineSnapshot(`
      [
        "client:hotel wire eth0",
        "server:internet wire eth0",
        "web:internet wire eth0",
        "router:hotel wire eth0",
        "router:internet wire eth1",
        "client:wg0 inner wg0",
        "server:wg0 inner wg0",
      ]
    `)
  })

  it('TCP: a server on every machine, a line for who asks, settings of both ends', () => {
    const made = planOf({
      ...oneRoundTrip,
      steps: [
        { do: 'tcp', at: '1s', name: 'up', from: 'alice', to: '10.0.0.2:443', bytes: 1000, ecn: true },
        { do: 'tcp', at: '2s', from: 'bob', to: '10.0.0.1:7', bytes: 9, direction: 'both', deadline: '1500ms' },
        {
          do: 'tcp',
          at: '3s',
          from: 'bob',
          to: '192.0.2.1:7',
          bytes: 9,
          direction: 'down',
          congestion: 'reno',
          window: 4096,
        },
      ],
    })
    for (const name of ['alice', 'bob'])
      expect(partOf(made, name)).toContain(`${name}: perl /run/tools/tcp.pl serve /run/lab/tcp.log\n`)
    expect(made.files.map(({ path }) => path)).toContain('tools/tcp.pl')
    expect(made.needs).toContain('perl')
    const lines = made.timeline.flatMap(({ play }) =>
      play?.kind === 'tcp' ? [`${play.number} ${play.from}: ${play.line}`] : [],
    )
    expect(lines).toEqual([
      '0 alice: perl /run/tools/tcp.pl ask 10.0.0.2 443 40000 0 1000 0 cubic 0 0',
      '1 bob: perl /run/tools/tcp.pl ask 10.0.0.1 7 40001 1 9 9 cubic 0 1.5',
      '2 bob: perl /run/tools/tcp.pl ask 192.0.2.1 7 40002 2 0 9 reno 4096 0',
    ])
    const settings = made.timeline
      .filter(({ step }) => step === 0 || step === 2)
      .map(({ commands }) => linesOf(commands))
    expect(settings).toEqual([
      'alice: sysctl -qw net.ipv4.tcp_mtu_probing=0 net.ipv4.tcp_ecn=1\nbob: sysctl -qw net.ipv4.tcp_mtu_probing=0 net.ipv4.tcp_ecn=1\n',
      'alice: sysctl -qw net.ipv4.tcp_mtu_probing=0 net.ipv4.tcp_ecn=0\nbob: sysctl -qw net.ipv4.tcp_mtu_probing=0 net.ipv4.tcp_ecn=0\n',
    ])
  })

  it('refuses what it does not support', () => {
    const steps: Scenario['steps'] = [{ do: 'suspend', at: '1s', host: 'bob', for: '1s' }]
    expect(() => planOf({ ...oneRoundTrip, steps })).toThrow(
      'not for netns: the suspend step #0 sends bob to sleep, and all machines here share one clock',
    )
  })
})
