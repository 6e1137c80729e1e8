/** Loads a module of the user's. TypeScript: Node itself where it can, else tsx where it is installed. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { EXIT, UserError } from './exit.ts'

type Loaded = Readonly<Record<string, unknown>>
type TsImport = (url: string, parent: string) => Promise<Loaded>

/** Throws what the module throws, and UserError when nothing here can read TypeScript. */
export async function loadModule(path: string): Promise<Loaded> {
  const url = pathToFileURL(path).href
  if (!/\.m?ts$/.test(path) || readsTypeScript()) return await import(url)
  const tsImport = await findTsx(path)
  if (tsImport === undefined) {
    const node = process.version
    throw new UserError(
      `Node ${node} does not read TypeScript: use Node 22.18 or later, or add tsx (npm install --save-dev tsx), or write .yaml or .json`,
      EXIT.missing,
    )
  }
  return tsImport(url, import.meta.url)
}

function readsTypeScript(): boolean {
  const how: unknown = Reflect.get(process.features, 'typescript')
  return how === 'strip' || how === 'transform'
}

/** The one that we find ourselves, as in a checkout, else the one beside the user's file. */
async function findTsx(path: string): Promise<TsImport | undefined> {
  const ways = [() => import('tsx/esm/api'), () => createRequire(path)('tsx/esm/api')]
  for (const way of ways) {
    try {
      const { tsImport }: { tsImport: TsImport } = await way()
      return tsImport
    } catch {
      // Not there: look further.
    }
  }
  return undefined
}
