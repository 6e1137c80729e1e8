/** Which data plane: the native one where it loads, else the plain one with a warning that says what is missing. */
import type { DataPlane, DataPlaneOptions, OpenDataPlane } from './dataplane.ts'
import { openPlainDataPlane } from './plain/plane.ts'

export interface PlaneChoice extends DataPlaneOptions {
  /** The plain one even where the native one would load. */
  readonly plain: boolean
}

export async function openDataPlane(options: PlaneChoice): Promise<DataPlane> {
  const native = options.plain ? 'plain was asked for' : await loadNative()
  const plane = typeof native === 'string' ? await openPlainDataPlane(options) : await openOrFall(native, options)
  if (plane.kind === 'plain' && !options.plain) {
    const why = typeof native === 'string' ? native : 'it did not open'
    options.log('error', `the plain data plane serves, for want of the native one: ${why}. ${lackText(plane)}`)
  } else if (plane.lacks.length > 0) options.log('verbose', lackText(plane))
  return plane
}

/** What the plane can not do, as a sentence; empty when it can do all. */
export function lackText(plane: DataPlane): string {
  return plane.lacks.length === 0 ? '' : `The ${plane.kind} data plane lacks: ${plane.lacks.join('; ')}.`
}

/** What the system refuses, it refuses the plain plane too; everything else may be a matter of the native one alone. */
async function openOrFall(open: OpenDataPlane, options: PlaneChoice): Promise<DataPlane> {
  try {
    return await open(options)
  } catch (error) {
    if (typeof (error as { errno?: unknown } | null)?.errno === 'number') throw error
    options.log('verbose', `the native data plane: ${error instanceof Error ? error.message : error}`)
    return openPlainDataPlane(options)
  }
}

async function loadNative(): Promise<OpenDataPlane | string> {
  try {
    const module: { readonly openNativeDataPlane?: OpenDataPlane } = await import(nativeModule())
    return module.openNativeDataPlane ?? 'it is not part of this build'
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? 'it does not load') : String(error)
  }
}

/** Beside this file: a source in a checkout, compiled in the package. */
function nativeModule(): string {
  return new URL(`./native/plane.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url).href
}
