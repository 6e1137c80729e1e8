/** The shell text by which one guest becomes the machine of one scenario after the other. */

/** Where the guest looks for programs first. */
export const QUICK_PATH = '/run/bin/wg-quick'

/**
 * Does what `wg-quick up` does for a file that says nothing unusual, with three processes in place of thirty; for any other
 * it is the real one. Of a machine with one network.
 */
export const QUICK_SCRIPT = `#!/bin/sh
real() { exec /usr/bin/wg-quick "$@"; }
[ "$1" = up ] || real "$@"
umask 077
stripped=/run/wg-quick.$2
addresses= allowed= mtu= mtu_of=
while IFS= read -r line; do
  case $line in
    'Address = '*) addresses="$addresses \${line#*= }"; continue ;;
    'MTU = '*) mtu=\${line#*= }; continue ;;
    'AllowedIPs = '*) allowed="$allowed \${line#*= }" ;;
    'Endpoint = '*) mtu_of=eth0 ;;
    'PrivateKey = '* | 'PublicKey = '* | 'PresharedKey = '* | 'ListenPort = '* | 'PersistentKeepalive = '* | '['* | '') ;;
    *) real "$@" ;;
  esac
  printf '%s\\n' "$line"
done < "/etc/wireguard/$2.conf" > "$stripped"
case $allowed in */0*) real "$@" ;; esac
while read -r _ destination _; do [ "$destination" = 00000000 ] && mtu_of=eth0; done < /proc/net/route
if [ -z "$mtu" ]; then
  mtu=1500
  [ -z "$mtu_of" ] || read -r mtu < /sys/class/net/$mtu_of/mtu
  mtu=$((mtu - 80))
fi
set -e
ip link add "$2" type wireguard
wg setconf "$2" "$stripped"
IFS=', '
{
  for each in $addresses; do echo "address add $each dev $2"; done
  echo "link set $2 mtu $mtu up"
  # What an address of the tunnel covers has its route already.
  for each in $allowed; do echo "route replace $each dev $2"; done
} > "$stripped.ip"
exec ip -batch "$stripped.ip"
`

/** Between two scenarios: no tunnel, no address, no route, no second name; and the time of day, seconds. */
export function resetScript(wall_s: string, altnames: readonly string[]): string {
  return [
    'cd /sys/class/net',
    'for each in *; do case $each in lo | eth0 | ctl0) ;; *) ip link del "$each" ;; esac; done',
    'ip -batch - <<E',
    // With it go all routes and neighbours.
    'link set dev eth0 down',
    ...altnames.map(name => `link property del dev eth0 altname ${name}`),
    'E',
    'rm -f /etc/wireguard/*.conf',
    `date -u -s @${wall_s} > /dev/null`,
  ].join('\n')
}
