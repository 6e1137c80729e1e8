/** `npm run bench`: ours beside its bound, in turn, in one run. */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { contests } from './contests.ts'
import { HOSTS, type HostsResult, hostsLine, measureHosts } from './hosts.ts'
import { measure, type Result } from './measure.ts'
import { simBench } from './sim.ts'
import { tunnelBench } from './tunnel.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(
    'npm run bench -- [name…] [--seconds S] [--rounds N] [--json]\nexample: npm run bench -- handshakes --seconds 2',
  )
  process.exit(0)
}

if (positionals.includes('tunnel')) {
  const seconds = Number(process.env['WGLAB_BENCH_SECONDS'] ?? (values.seconds === '1' ? 3 : values.seconds))
  process.exit(await tunnelBench({ seconds, rounds: Number(values.rounds), json: values.json }))
}

if (positionals.includes('sim')) process.exit(simBench({ rounds: Number(values.rounds), json: values.json }))

const asked = (name: string): boolean => positionals.length === 0 || positionals.some(each => name.startsWith(each))
const names = [...contests().map(each => each.name), 'hosts']
if (!names.some(asked)) {
  console.error(
    `nothing to measure: no measure begins with "${positionals.join('", "')}" (${names.join(', ')}, sim, tunnel)`,
  )
  process.exit(3)
}
const print = (text: string): void => {
  if (!values.json) console.log(text)
}
const results: Result[] = []
for (const contest of contests().filter(each => asked(each.name))) {
  const result = measure(contest, Number(values.seconds), Number(values.rounds))
  results.push(result)
  print(line(result))
}
const hosts: HostsResult[] = []
for (const count of asked('hosts') ? HOSTS : []) {
  const result = measureHosts(count)
  hosts.push(result)
  print(hostsLine(result))
}
if (values.json) console.log(JSON.stringify({ node: process.version, load: loadavg(), results, hosts }, null, 2))
const load = loadavg().map(each => each.toFixed(1))
print(
  `\nNode ${process.version}, load ${load.join(' ')}, ${values.rounds} rounds of ${values.seconds} s a side, medians. Rates are per second of CPU time.`,
)

function line(result: Result): string {
  const rate = (value: number) => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3))
  const ratio = `${(result.ratio * 100).toFixed(0)} % (${(result.ratio_min * 100).toFixed(0)}–${(result.ratio_max * 100).toFixed(0)})`
  const target =
    result.target === null
      ? ''
      : `  target ${result.target * 100} %: ${result.ratio >= result.target ? 'met' : 'missed'}`
  return `${result.name.padEnd(24)} ${rate(result.ours_per_core_s).padStart(11)} ${result.unit}/s   ${result.bound_name}: ${rate(result.bound_per_core_s)}/s   ${ratio}${target}`
}
