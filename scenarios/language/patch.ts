/** Applies changes to a scenario: how a broken twin is made. */
import { pointerParts, pointerText } from './pointer.ts'
import type { Change, Scenario } from './scenario.ts'

type Container = Record<string, unknown> | unknown[]

/**
 * A copy of the scenario with the changes made, in their order. `set` on a list takes an index, or `-` (or the
 * index after the last) for one more at the end; `replace` changes every occurrence of the text. Throws a RangeError that names the pointer where a place or a
 * text is not there. Whether the result is a scenario is for `checkShape` to say.
 */
export function applyChanges(scenario: Scenario, changes: readonly Change[]): Scenario {
  const root: { scenario: unknown } = { scenario: copy(scenario) }
  for (const change of changes) {
    const parts = pointerParts(change.path)
    const last = parts.pop()
    if (last === undefined || change.path === '/')
      throw new RangeError(`${change.path}: names the whole scenario, not a part of it`)
    apply(containerAt(root.scenario, parts, change.path), last, change)
  }
  return root.scenario as Scenario
}

function apply(container: Container, key: string, change: Change): void {
  if ('set' in change) set(container, key, change)
  else if ('remove' in change) remove(container, key, change)
  else replace(container, key, change)
}

function set(container: Container, key: string, change: Change & { readonly set: unknown }): void {
  const value = copy(change.set)
  if (!Array.isArray(container)) {
    put(container, key, value)
    return
  }
  const index =
    key === '-' || key === String(container.length) ? container.length : indexIn(container, key, change.path)
  container[index] = value
}

function remove(container: Container, key: string, change: Change): void {
  if (Array.isArray(container)) container.splice(indexIn(container, key, change.path), 1)
  else if (Object.hasOwn(container, key)) delete container[key]
  else throw new RangeError(notThere(container, key, change.path))
}

function replace(
  container: Container,
  key: string,
  change: Change & { readonly replace: string; readonly with: string },
): void {
  const index = Array.isArray(container) ? indexIn(container, key, change.path) : key
  if (!Object.hasOwn(container, index)) throw new RangeError(notThere(container, key, change.path))
  const text = (container as Record<string | number, unknown>)[index]
  if (typeof text !== 'string') throw new RangeError(`${change.path}: is no text, so nothing in it can be replaced`)
  if (!text.includes(change.replace)) throw new RangeError(`${change.path}: the text "${change.replace}" is not in it`)
  put(
    container as Record<string, unknown>,
    String(index),
    text.replaceAll(change.replace, () => change.with),
  )
}

function containerAt(root: unknown, parts: readonly string[], pointer: string): Container {
  let value = root
  for (const [depth, part] of parts.entries()) {
    const container = asContainer(value, parts.slice(0, depth), pointer)
    const key = Array.isArray(container) ? indexIn(container, part, pointer) : part
    if (!Object.hasOwn(container, key)) throw new RangeError(notThere(container, part, pointer))
    value = (container as Record<string | number, unknown>)[key]
  }
  return asContainer(value, parts, pointer)
}

function asContainer(value: unknown, parts: readonly string[], pointer: string): Container {
  if (typeof value === 'object' && value !== null) return value as Container
  throw new RangeError(`${pointer}: ${pointerText(parts)} is no mapping and no list`)
}

function indexIn(list: readonly unknown[], key: string, pointer: string): number {
  if (!/^(0|[1-9]\d*)$/.test(key)) throw new RangeError(`${pointer}: "${key}" is no index of a list (0, 1, 2 …)`)
  if (Number(key) >= list.length)
    throw new RangeError(`${pointer}: the list has ${list.length} items, there is no ${key}`)
  return Number(key)
}

function notThere(container: Container, key: string, pointer: string): string {
  const keys = Object.keys(container)
  const known = keys.length === 0 ? 'nothing is there' : `there is ${keys.join(', ')}`
  return `${pointer}: there is no "${key}" (${known})`
}

/** Assignment that takes `__proto__` as the plain name it is here. */
function put(container: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true })
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null) return value
  const result: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(value)) put(result, key, copy(each))
  return result
}
