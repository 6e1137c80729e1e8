/** A plan as a shell script that a person can read, and run as root. */
import type { Command, Moment, Plan, PlanFile } from './plan.ts'

export interface PrintOptions {
  /** true: private keys stand in it, and it can be run. false: their names do, `<alice>`. */
  readonly secrets: boolean
}

export function printPlan(plan: Plan, { secrets }: PrintOptions): string {
  const { scenario, prefix, needs, needsModule, needsQdiscs, notes, files, setUp, timeline } = plan
  const first = timeline.findIndex(({ step, play }) => (step ?? play) !== undefined)
  const tunnels = timeline.slice(0, first < 0 ? timeline.length : first).filter(({ at_ms }) => at_ms === 0)
  const hidden = !secrets && files.some(file => file.named !== undefined)
  const head = [
    `${scenario.title}`,
    '',
    `Run as root, by sh. What it makes begins with ${prefix}, and is gone when it ends.`,
    `It needs ${[...needs, ...(needsModule ? ['WireGuard in the kernel'] : []), ...needsQdiscs.map(kind => `sch_${kind}`)].join(', ')}.`,
    ...(hidden ? ['Private keys are left out: <alice> stands for one.'] : []),
    ...notes.map(note => `Note: ${note}.`),
  ]
  return [
    `#!/bin/sh\n${head.map(line => `#${line === '' ? '' : ` ${line}`}\n`).join('')}set -eu`,
    `folder=$(mktemp -d)\ncd "$folder"`,
    functions(plan),
    section('Files'),
    ...fileTexts(files, secrets),
    section('Networks, cables, machines'),
    setUp.map(commandText).join(''),
    section('What happens'),
    '# The clock starts when all tunnels are up.',
    tunnels.map(tunnelText).join(''),
    'start=$(date +%s%3N)\n',
    timeline
      .slice(tunnels.length)
      .map(moment => momentText(plan, moment))
      .join('\n'),
  ].join('\n')
}

function section(title: string): string {
  return `\n# ---- ${title}\n`
}

/** The words that the rest of the script is written in. */
function functions({ spaces, tearDown }: Plan): string {
  const width = Math.max(...spaces.map(({ name }) => name.length))
  return `
# on alice 'command': in the namespace of that machine or network
on() {
  case $1 in
${spaces.map(({ name, enter }) => `  ${`${name})`.padEnd(width + 1)} ${enter} sh -eu -c "$2" ;;\n`).join('')}\
  esac
}

# at 1000: waits until so many milliseconds have gone since the start
at() {
  left=$(($1 + start - $(date +%s%3N)))
  # In the background: a signal is heard at once.
  [ "$left" -le 0 ] || { sleep "$((left / 1000)).$(printf %03d $((left % 1000)))" & wait $!; }
}

tear_down() {
  trap - EXIT INT TERM HUP
${tearDown.map(({ line }) => `  ${line} || true\n`).join('')}\
  cd / && rm -r "$folder"
}
trap tear_down EXIT
trap 'kill \${!-} 2>/dev/null || true; exit 130' INT TERM HUP
`
}

function fileTexts(files: readonly PlanFile[], secrets: boolean): string[] {
  const folders = [...new Set(files.map(({ path }) => path.replace(/\/[^/]*$/, '')))]
  const texts = files.map(({ path, text, named, secret, program }) => {
    const shown = secrets ? text : (named ?? text)
    const mode = secret ? `chmod 600 ${path}\n` : program === true ? `chmod 755 ${path}\n` : ''
    if (shown === '') return `: > ${path}`
    const whole = shown.endsWith('\n') ? shown : `${shown}\n`
    return `cat > ${path} <<'THE_FILE'\n${whole}THE_FILE\n${mode}`
  })
  return [`umask 077\nmkdir -p ${folders.join(' ')}`, ...texts]
}

function commandText({ on, line, why }: Command): string {
  const comment = why === undefined ? '' : `\n# ${why}\n`
  return `${comment}${on === undefined ? line : `on ${on} ${quote(line)}`}\n`
}

/** Side by side, as machines do. */
function tunnelText({ commands }: Moment): string {
  if (commands.length === 1) return commands.map(commandText).join('')
  return `${commands.map(command => commandText(command).replace(/\n$/, ' &\n')).join('')}wait\n`
}

function momentText(plan: Plan, { at_ms, step, commands, play }: Moment): string {
  const asked = step === undefined ? undefined : plan.scenario.steps[step]
  const title =
    asked === undefined
      ? play === undefined
        ? ' goes on'
        : ' show'
      : ` ${asked.do}${asked.name === undefined ? '' : ` "${asked.name}"`}`
  const may = asked?.do === 'run' ? ' || true' : ''
  const lines = commands.map(command => commandText(command).replace(/\n$/, `${may}\n`))
  return `at ${Math.round(at_ms)} #${title}\n${lines.join('')}${playText(play)}`
}

/** In the background: the next step does not wait for it. */
function playText(play: Moment['play']): string {
  switch (play?.kind) {
    case undefined:
      return ''
    case 'ping':
    case 'send':
    case 'tcp':
      return `on ${play.from} ${quote(play.line)} &\n`
    case 'show':
      return `on ${play.on} 'wg show'\n`
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
