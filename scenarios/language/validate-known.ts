/** What the schema knows about a place in a value: which keys it may have, and what is said about it. */
import { z } from 'zod'
import type { Path } from './pointer.ts'

/** As much of a schema's definition as is needed to walk it. */
interface Definition {
  readonly type: string
  readonly innerType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly items?: readonly z.core.$ZodType[]
  readonly options?: readonly z.core.$ZodType[]
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly values?: readonly unknown[]
}

/** The keys a mapping at this place may have, in the order of the schema. */
export function keysAt(schema: z.core.$ZodType, root: unknown, path: Path): string[] {
  const keys = schemasAt(schema, root, path).flatMap(each => Object.keys(definition(each).shape ?? {}))
  return [...new Set(keys)]
}

/** The sentence about a place, as a hint; undefined where the schema says nothing. */
export function describedAt(schema: z.core.$ZodType, root: unknown, path: Path): string | undefined {
  let schemas = [schema]
  let value = root
  for (const part of path) {
    schemas = schemas.flatMap(each => children(narrow(each, value), part))
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined
  }
  for (const each of schemas) {
    const said = described(each)
    if (said !== undefined) return said
  }
  return undefined
}

function described(schema: z.core.$ZodType): string | undefined {
  const own = z.globalRegistry.get(schema)?.description
  const inner = definition(schema).innerType
  return own ?? (inner === undefined ? undefined : described(inner))
}

function schemasAt(schema: z.core.$ZodType, root: unknown, path: Path): z.core.$ZodType[] {
  let schemas = narrow(schema, root)
  let value = root
  for (const part of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined
    schemas = schemas.flatMap(each => children([each], part)).flatMap(each => narrow(each, value))
  }
  return schemas
}

/** Wrappers taken off, and of a union the branches whose fixed words (do, see, kind) agree with the value. */
function narrow(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  const { innerType, options } = definition(schema)
  if (innerType !== undefined) return narrow(innerType, value)
  if (options === undefined) return [schema]
  return options.flatMap(option => narrow(option, value)).filter(option => agrees(option, value))
}

function agrees(schema: z.core.$ZodType, value: unknown): boolean {
  const { shape } = definition(schema)
  if (shape === undefined || typeof value !== 'object' || value === null) return true
  return ['do', 'see', 'kind'].every(key => {
    const field = shape[key]
    const said = (value as Record<string, unknown>)[key]
    if (field === undefined || typeof said !== 'string') return true
    const { type, values } = definition(field)
    return type !== 'literal' || values === undefined || values.includes(said)
  })
}

function children(schemas: readonly z.core.$ZodType[], part: string | number): z.core.$ZodType[] {
  return schemas.flatMap(schema => {
    const { shape, valueType, element, items } = definition(schema)
    const child = shape?.[part] ?? valueType ?? element ?? items?.[Number(part)]
    return child === undefined ? [] : [child]
  })
}

function definition(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition
}
