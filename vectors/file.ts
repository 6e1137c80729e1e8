import type { Vector } from './vector.ts'

/** The shape that all vector files share; what stands in `vectors` is in schema.json. */
export interface VectorFile {
  readonly topic: 'keys' | 'handshake' | 'cookie' | 'tai64n' | 'padding' | 'replay' | 'allowedips'
  readonly about: string
  readonly source: string
  readonly confirmed_by: readonly Confirmation[]
  readonly vectors: readonly Vector[]
}

/** Somebody else who says the same, and the test that asks him again. */
export interface Confirmation {
  readonly party: string
  readonly what: string
  /** Path from the repository's root. */
  readonly test: string
}

/** The text of a vector file: JSON, two spaces, a newline at the end; the same bytes on every machine. */
export function formatFile(file: VectorFile): string {
  return `${JSON.stringify({ $schema: './schema.json', format: 'wglab/vectors@1', ...file }, undefined, 2)}\n`
}
