/** The sample configurations as texts; made from the .conf files beside this one by `WGLAB_WRITE=1 npx vitest run scenarios/samples`. */
export const SAMPLES = {
  'bounce-server/bounce': `# bounce, 192.0.2.1: relays between all that can not reach each other, and out to the Internet
[Interface]
PrivateKey = <bounce>
Address = 10.0.0.1/24, fd00::1/64
ListenPort = 51820
MTU = 1420
PostUp = sysctl -w net.ipv4.ip_forward=1
PostUp = sysctl -w net.ipv6.conf.all.forwarding=1
PostUp = iptables -A FORWARD -i %i -j ACCEPT; iptables -A FORWARD -o %i -j ACCEPT
PostUp = iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
PostDown = iptables -D FORWARD -i %i -j ACCEPT; iptables -D FORWARD -o %i -j ACCEPT
PostDown = iptables -t nat -D POSTROUTING -o eth0 -j MASQUERADE

[Peer] # office
PublicKey = <office.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128
Endpoint = 198.51.100.2:51820

[Peer] # home, and its LAN
PublicKey = <home.pub>
AllowedIPs = 10.0.0.3/32, fd00::3/128, 10.30.0.0/24

[Peer] # laptop
PublicKey = <laptop.pub>
AllowedIPs = 10.0.0.4/32, fd00::4/128

[Peer] # phone
PublicKey = <phone.pub>
AllowedIPs = 10.0.0.5/32, fd00::5/128
`,
  'bounce-server/home': `# home, 10.30.0.2 in the LAN 10.30.0.0/24 behind the NAT 203.0.113.3
[Interface]
PrivateKey = <home>
Address = 10.0.0.3/24, fd00::3/64
MTU = 1420
# the LAN sees home's own address, so that it needs no route back
PostUp = sysctl -w net.ipv4.ip_forward=1
PostUp = iptables -A FORWARD -i %i -j ACCEPT; iptables -A FORWARD -o %i -j ACCEPT
PostUp = iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
PostDown = iptables -D FORWARD -i %i -j ACCEPT; iptables -D FORWARD -o %i -j ACCEPT
PostDown = iptables -t nat -D POSTROUTING -o eth0 -j MASQUERADE

[Peer] # bounce, and all that comes through it
PublicKey = <bounce.pub>
AllowedIPs = 10.0.0.0/24, fd00::/64
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'bounce-server/laptop': `# laptop, 10.40.0.2 behind the NAT 203.0.113.4
[Interface]
PrivateKey = <laptop>
Address = 10.0.0.4/24, fd00::4/64
MTU = 1420

[Peer] # bounce, and all that comes through it
PublicKey = <bounce.pub>
AllowedIPs = 10.0.0.0/24, fd00::/64, 10.30.0.0/24
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25

[Peer] # office, directly
PublicKey = <office.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128
Endpoint = 198.51.100.2:51820
`,
  'bounce-server/office': `# office, 198.51.100.2: a server with a public address, reached directly by who can
[Interface]
PrivateKey = <office>
Address = 10.0.0.2/24, fd00::2/64
ListenPort = 51820
MTU = 1420

[Peer] # bounce, and all that comes through it
PublicKey = <bounce.pub>
AllowedIPs = 10.0.0.0/24, fd00::/64, 10.30.0.0/24
Endpoint = 192.0.2.1:51820

[Peer] # laptop, directly
PublicKey = <laptop.pub>
AllowedIPs = 10.0.0.4/32, fd00::4/128
`,
  'bounce-server/phone': `# phone, 10.50.0.2 behind the carrier's NAT 203.0.113.5
[Interface]
PrivateKey = <phone>
Address = 10.0.0.5/24, fd00::5/64
MTU = 1280

[Peer] # bounce, and all that comes through it
PublicKey = <bounce.pub>
AllowedIPs = 10.0.0.0/24, fd00::/64, 10.30.0.0/24
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'full-tunnel/client': `# client, 10.200.1.2 behind the NAT 198.51.100.7; the resolver is the server
[Interface]
PrivateKey = <client>
Address = 10.0.0.2/32, fd00::2/128
DNS = 10.0.0.1
MTU = 1420

[Peer] # server, and with it everything else
PublicKey = <server.pub>
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'full-tunnel/server': `# server, 192.0.2.1 and 2001:db8:1::1
[Interface]
PrivateKey = <server>
Address = 10.0.0.1/24, fd00::1/64
ListenPort = 51820
MTU = 1420
PostUp = sysctl -w net.ipv4.ip_forward=1
PostUp = sysctl -w net.ipv6.conf.all.forwarding=1
PostUp = iptables -A FORWARD -i %i -j ACCEPT
PostUp = iptables -A FORWARD -o %i -j ACCEPT
PostUp = iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
PostUp = ip6tables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
PostDown = iptables -D FORWARD -i %i -j ACCEPT
PostDown = iptables -D FORWARD -o %i -j ACCEPT
PostDown = iptables -t nat -D POSTROUTING -o eth0 -j MASQUERADE
PostDown = ip6tables -t nat -D POSTROUTING -o eth0 -j MASQUERADE

[Peer] # client
PublicKey = <client.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128
`,
  'hub-and-spoke/hub': `# hub, 192.0.2.1
[Interface]
PrivateKey = <hub>
Address = 10.0.0.1/24, fd00::1/64
ListenPort = 51820
# between the spokes
PostUp = sysctl -w net.ipv4.ip_forward=1
PostUp = sysctl -w net.ipv6.conf.all.forwarding=1
PostUp = iptables -A FORWARD -i %i -o %i -j ACCEPT
PostDown = iptables -D FORWARD -i %i -o %i -j ACCEPT

[Peer]
PublicKey = <spoke1.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128

[Peer]
PublicKey = <spoke2.pub>
AllowedIPs = 10.0.0.3/32, fd00::3/128

[Peer]
PublicKey = <spoke3.pub>
AllowedIPs = 10.0.0.4/32, fd00::4/128
`,
  'hub-and-spoke/spoke1': `# spoke1, 198.51.100.11
[Interface]
PrivateKey = <spoke1>
Address = 10.0.0.2/24, fd00::2/64

[Peer] # hub, and the other spokes through it
PublicKey = <hub.pub>
AllowedIPs = 10.0.0.0/24, fd00::/64
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'hub-and-spoke/spoke2': `# spoke2, 198.51.100.12
[Interface]
PrivateKey = <spoke2>
Address = 10.0.0.3/24, fd00::3/64

[Peer] # hub, and the other spokes through it
PublicKey = <hub.pub>
AllowedIPs = 10.0.0.0/24, fd00::/64
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'hub-and-spoke/spoke3': `# spoke3, 198.51.100.13
[Interface]
PrivateKey = <spoke3>
Address = 10.0.0.4/24, fd00::4/64

[Peer] # hub, and the other spokes through it
PublicKey = <hub.pub>
AllowedIPs = 10.0.0.0/24, fd00::/64
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'nat-to-nat/left': `# left, 10.201.0.2 behind the NAT 198.51.100.7, which keeps ports
[Interface]
PrivateKey = <left>
Address = 10.0.0.1/24
ListenPort = 51820
MTU = 1420

[Peer] # right, by the address of its NAT
PublicKey = <right.pub>
AllowedIPs = 10.0.0.2/32
Endpoint = 203.0.113.9:51820
PersistentKeepalive = 25
`,
  'nat-to-nat/right': `# right, 10.202.0.2 behind the NAT 203.0.113.9, which keeps ports
[Interface]
PrivateKey = <right>
Address = 10.0.0.2/24
ListenPort = 51820
MTU = 1420

[Peer] # left, by the address of its NAT
PublicKey = <left.pub>
AllowedIPs = 10.0.0.1/32
Endpoint = 198.51.100.7:51820
PersistentKeepalive = 25
`,
  'peer-to-peer/ann': `# ann, 192.0.2.1 and 2001:db8:1::1
[Interface]
PrivateKey = <ann>
Address = 10.0.0.1/24, fd00::1/64
ListenPort = 51820
MTU = 1420

[Peer]
PublicKey = <ben.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128
Endpoint = 198.51.100.1:51820

[Peer]
PublicKey = <cat.pub>
AllowedIPs = 10.0.0.3/32, fd00::3/128
Endpoint = [2001:db8:3::1]:51820
`,
  'peer-to-peer/ben': `# ben, 198.51.100.1 and 2001:db8:2::1
[Interface]
PrivateKey = <ben>
Address = 10.0.0.2/24, fd00::2/64
ListenPort = 51820
MTU = 1420

[Peer]
PublicKey = <ann.pub>
AllowedIPs = 10.0.0.1/32, fd00::1/128
Endpoint = 192.0.2.1:51820

[Peer]
PublicKey = <cat.pub>
AllowedIPs = 10.0.0.3/32, fd00::3/128
Endpoint = [2001:db8:3::1]:51820
`,
  'peer-to-peer/cat': `# cat, 203.0.113.1 and 2001:db8:3::1
[Interface]
PrivateKey = <cat>
Address = 10.0.0.3/24, fd00::3/64
ListenPort = 51820
MTU = 1420

[Peer]
PublicKey = <ann.pub>
AllowedIPs = 10.0.0.1/32, fd00::1/128
Endpoint = 192.0.2.1:51820

[Peer]
PublicKey = <ben.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128
Endpoint = 198.51.100.1:51820
`,
  'road-warrior/gateway': `# gateway, 192.0.2.1, in front of the LAN 10.10.0.0/24, whose hosts have it as their default gateway
[Interface]
PrivateKey = <gateway>
Address = 10.0.0.1/24
ListenPort = 51820
PostUp = sysctl -w net.ipv4.ip_forward=1
PostUp = iptables -A FORWARD -i %i -j ACCEPT
PostUp = iptables -A FORWARD -o %i -j ACCEPT
PostDown = iptables -D FORWARD -i %i -j ACCEPT
PostDown = iptables -D FORWARD -o %i -j ACCEPT

[Peer] # laptop: no Endpoint, it comes from anywhere
PublicKey = <laptop.pub>
PresharedKey = <gateway-laptop.psk>
AllowedIPs = 10.0.0.2/32

[Peer] # phone
PublicKey = <phone.pub>
AllowedIPs = 10.0.0.3/32
`,
  'road-warrior/laptop': `# laptop, 10.200.1.2 behind the NAT 198.51.100.7
[Interface]
PrivateKey = <laptop>
Address = 10.0.0.2/32
MTU = 1420

[Peer] # gateway
PublicKey = <gateway.pub>
PresharedKey = <gateway-laptop.psk>
AllowedIPs = 10.0.0.0/24, 10.10.0.0/24
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'road-warrior/phone': `# phone, 10.64.3.2 behind the mobile carrier's NAT 203.0.113.9
[Interface]
PrivateKey = <phone>
Address = 10.0.0.3/32
MTU = 1280

[Peer] # gateway
PublicKey = <gateway.pub>
AllowedIPs = 10.0.0.0/24, 10.10.0.0/24
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`,
  'site-to-site/east': `# east, 192.0.2.1, gateway of the LAN 10.1.0.0/24 and fd01::/64
[Interface]
PrivateKey = <east>
Address = 10.255.0.1/30, fd00:ff::1/64
ListenPort = 51820
MTU = 1420
PostUp = sysctl -w net.ipv4.ip_forward=1
PostUp = sysctl -w net.ipv6.conf.all.forwarding=1
PostUp = iptables -A FORWARD -i %i -j ACCEPT
PostUp = iptables -A FORWARD -o %i -j ACCEPT
PostDown = iptables -D FORWARD -i %i -j ACCEPT
PostDown = iptables -D FORWARD -o %i -j ACCEPT

[Peer] # west
PublicKey = <west.pub>
PresharedKey = <east-west.psk>
AllowedIPs = 10.2.0.0/24, fd02::/64
# the other gateway itself: without it nothing that west sends of its own comes through
AllowedIPs = 10.255.0.2/32, fd00:ff::2/128
Endpoint = 198.51.100.1:51820
`,
  'site-to-site/west': `# west, 198.51.100.1, gateway of the LAN 10.2.0.0/24 and fd02::/64
[Interface]
PrivateKey = <west>
Address = 10.255.0.2/30, fd00:ff::2/64
ListenPort = 51820
MTU = 1420
PostUp = sysctl -w net.ipv4.ip_forward=1
PostUp = sysctl -w net.ipv6.conf.all.forwarding=1
PostUp = iptables -A FORWARD -i %i -j ACCEPT
PostUp = iptables -A FORWARD -o %i -j ACCEPT
PostDown = iptables -D FORWARD -i %i -j ACCEPT
PostDown = iptables -D FORWARD -o %i -j ACCEPT

[Peer] # east
PublicKey = <east.pub>
PresharedKey = <east-west.psk>
AllowedIPs = 10.1.0.0/24, fd01::/64
# the other gateway itself: without it nothing that east sends of its own comes through
AllowedIPs = 10.255.0.1/32, fd00:ff::1/128
Endpoint = 192.0.2.1:51820
`,
  'two-peers/alice': `# alice, 192.0.2.1
[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24, fd00::1/64
ListenPort = 51820

[Peer] # bob
PublicKey = <bob.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128
Endpoint = 198.51.100.1:51820
`,
  'two-peers/bob': `# bob, 198.51.100.1
[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24, fd00::2/64
ListenPort = 51820

[Peer] # alice
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32, fd00::1/128
Endpoint = 192.0.2.1:51820
`,
} as const
