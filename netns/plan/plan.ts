/** What a scenario comes to in Linux namespaces: commands in their order, as data. Nothing here is run. */
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Vantage } from '../../scenarios/language/verdict.ts'

/** A command a person could type. `line` is for a shell (POSIX sh). */
export interface Command {
  /**
   * The machine or network of the scenario in whose namespace it runs (`enter` of its space, then `sh -eu -c LINE`); absent:
   * the machine all of this runs on, in the folder of the run.
   */
  readonly on?: string
  readonly line: string
  /** What it is for, where the line does not say so itself; one comment line above it when printed. */
  readonly why?: string
}

/** A file that must be there before the first command. Paths are relative to the folder of the run. */
export interface PlanFile {
  readonly path: string
  readonly text: string
  /** Holds a private key: mode 0600, and printed with key names in place of keys. */
  readonly secret: boolean
  /** The text with key names, `<alice>`, where the other one has keys; absent: it has none. */
  readonly named?: string
  /** A program: mode 0755. */
  readonly program?: boolean
}

/** What happens at one moment of the timeline. */
export interface Moment {
  /** Milliseconds after the run's start. */
  readonly at_ms: number
  /** The step, by its place in the scenario; absent for what no step asked for. */
  readonly step?: number
  readonly commands: readonly Command[]
  /** What the world itself does or watches, where a shell command would not do: see Play. After the commands. */
  readonly play?: Play
}

/** A step that has packets of its own: its command, and how its output becomes `step` rows. */
export type Play =
  /** iputils ping, line buffered (-D -O): a row for each sequence number, from the output. */
  | { readonly kind: 'ping'; readonly from: string; readonly line: string; readonly count: number }
  /** One datagram or more; arrival is read from the captures. */
  | {
      readonly kind: 'send'
      readonly from: string
      readonly to: string
      readonly line: string
      readonly count: number
      readonly bytes: number
      readonly port: number
      /** Its own port: of no other step. */
      readonly source: number
    }
  /** tcp.pl: this end's rows are its output, those of the other end are in the `tcp.log` of its machine; by this number. */
  | { readonly kind: 'tcp'; readonly from: string; readonly line: string; readonly number: number }
  /** `wg show all dump` of this machine into `state` rows. */
  | { readonly kind: 'show'; readonly on: string }

/** A place whose packets are captured, and how it is called on the machine. */
export interface PlanVantage extends Vantage {
  readonly on: string
  /** The interface in that namespace. */
  readonly iface: string
}

/** A machine, network, NAT or router of the scenario, and the namespace it lives in. */
export interface PlanSpace {
  readonly name: string
  readonly kind: 'host' | 'network' | 'nat' | 'router'
  /** `wglab-1a2b3c-alice` */
  readonly netns: string
  /** Put before a command, in the folder of the run, it makes it run there. A host has files of its own, too. */
  readonly enter: string
}

/** Everything for one run. */
export interface Plan {
  /** Begins the name of everything that is made: `wglab-1a2b3c`. What begins so, `netns clean` may remove. */
  readonly prefix: string
  readonly scenario: Scenario
  /** Programs that must be there: ip, wg, wg-quick, nft, tc, ping … */
  readonly needs: readonly string[]
  /** The kernel's own WireGuard is asked for by the cast. */
  readonly needsModule: boolean
  /** Kinds of qdisc (sch_NAME) that its cables are made of: netem, tbf, fq_codel, codel. */
  readonly needsQdiscs: readonly string[]
  readonly files: readonly PlanFile[]
  readonly spaces: readonly PlanSpace[]
  /** Namespaces, cables, addresses, routes, NAT, qdiscs. The tunnels come up by wg-quick at time 0 of the timeline. */
  readonly setUp: readonly Command[]
  readonly vantages: readonly PlanVantage[]
  /** In the order of time; the steps of one moment in the order of the scenario. The tunnels first, the last `show` last. */
  readonly timeline: readonly Moment[]
  readonly until_ms: number
  /** In this order, each though others failed. */
  readonly tearDown: readonly Command[]
  /** What is not quite as the scenario has it, in sentences for people. */
  readonly notes: readonly string[]
}
