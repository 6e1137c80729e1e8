/** `up` and `down`: makes the plans, carries them out, and takes back what was done when a step fails. */
import { spawnSync } from 'node:child_process'
import type { DeviceChange } from '../../api.ts'
import type { Conf } from '../../config/conf.ts'
import { servedInterfaces, uapiSet } from '../client.ts'
import { controlPath } from '../names.ts'
import { answers } from '../socketfile.ts'
import { errnoName } from '../systemerror.ts'
import { askDownFacts, askTools, askUpFacts, hasProgram, interfaceExists } from './facts.ts'
import { downPlan, removal, upBegin, upFinish } from './plan.ts'
import { saveConf } from './save.ts'
import { QuickError, type QuickStep, stepText } from './step.ts'

export interface QuickOptions {
  readonly iface: string
  readonly conf: Conf
  /** Prints `[#] …`. */
  readonly onStep: (text: string) => void
  /** Whether somebody pressed Ctrl-C: then the next step does not begin. */
  readonly isStopped: () => boolean
  /** Starts the daemon, and resolves when it listens. */
  readonly startTunnel: (iface: string) => Promise<void>
}

/** `change`: what the file says, with its names resolved. Rejects with a QuickError, and then has taken everything back. */
export async function quickUp(options: QuickOptions, change: DeviceChange): Promise<void> {
  const { iface, conf } = options
  if (!hasProgram('ip')) throw new QuickError('missing', 'ip is not installed (apt install iproute2)')
  if (interfaceExists(iface))
    throw new QuickError('taken', `the interface ${iface} is there already; first: wglab down ${iface}`)
  const tools = askTools()
  const begin = upBegin(iface, conf, change, tools)
  const done: QuickStep[] = []
  try {
    await carryOut(begin, options, done)
    const endpoints = (change.peers ?? []).flatMap(peer => peer.endpoint ?? [])
    await carryOut(upFinish(iface, conf, change, askUpFacts(tools, endpoints)), options, done)
  } catch (error) {
    if (interfaceExists(iface)) {
      for (const step of removal(iface, conf, await askDownFacts(iface, tools), done)) {
        // One that fails must not keep the next from being taken back.
        await carryOut([step], { ...options, isStopped: () => false }).catch(() => {})
      }
    }
    throw error
  }
}

/** Rejects with a QuickError; what could be removed is removed even so. */
export async function quickDown(options: QuickOptions): Promise<void> {
  const { iface, conf } = options
  if (!(await servedInterfaces()).includes(iface)) {
    throw new QuickError('failed', `${iface} is not up: no WireGuard answers at ${controlPath(iface)}`)
  }
  const steps = downPlan(iface, conf, await askDownFacts(iface, askTools()))
  let failure: unknown
  let removing = false
  for (const step of steps) {
    removing ||= step.kind === 'run'
    try {
      await carryOut([step], options)
    } catch (error) {
      // As with wg-quick, a PreDown hook that fails leaves the tunnel up.
      if (!removing) throw error
      failure ??= error
    }
  }
  await ended(iface)
  if (failure !== undefined) throw failure
}

/** `done` grows by each step that succeeded. */
async function carryOut(steps: readonly QuickStep[], options: QuickOptions, done: QuickStep[] = []): Promise<void> {
  for (const step of steps) {
    if (options.isStopped()) throw new QuickError('failed', 'interrupted')
    options.onStep(stepText(step))
    await carryOutOne(step, options)
    done.push(step)
  }
}

async function carryOutOne(step: QuickStep, options: QuickOptions): Promise<void> {
  switch (step.kind) {
    case 'run': {
      const [program = '', ...args] = step.argv
      return finished(step, spawnSync(program, args, { input: step.input ?? '', stdio: ['pipe', 2, 2] }))
    }
    case 'hook':
      return finished(step, spawnSync(hasProgram('bash') ? 'bash' : 'sh', ['-c', step.command], { stdio: [0, 2, 2] }))
    case 'tunnel':
      return options.startTunnel(step.iface)
    case 'configure': {
      const errno = await uapiSet(step.iface, step.change)
      if (errno !== 0) throw new QuickError('failed', `${step.shown}: ${errnoName(errno)}`)
      return
    }
    case 'save':
      return saveConf(options.iface, options.conf, step.file)
  }
}

function finished(step: QuickStep, done: { status: number | null; error?: Error }): void {
  if (done.status === 0) return
  const how = done.error?.message ?? `status ${done.status}`
  throw new QuickError('failed', `"${stepText(step)}" failed: ${how}`)
}

/** The daemon ends a moment after its interface. */
async function ended(iface: string): Promise<void> {
  for (let tries = 0; tries < 100 && (await answers(controlPath(iface))); tries++) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
