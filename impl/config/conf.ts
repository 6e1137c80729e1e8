/**
 * START HERE. wg(8) and wg-quick(8) files: model.ts is what one says, parse.ts reads it, format.ts writes it, resolve.ts
 * applies it.
 */
export { formatConf } from './format.ts'
export type {
  AllowedIpValue,
  Conf,
  Dialect,
  DnsValue,
  EndpointValue,
  HostValue,
  InterfaceConf,
  Item,
  PeerConf,
  PublicValue,
  SecretValue,
  Section,
  TableValue,
} from './model.ts'
export { type ParsedConf, type ParseOptions, parseConf } from './parse.ts'
export { formatProblem, hasErrors, type Problem } from './problem.ts'
