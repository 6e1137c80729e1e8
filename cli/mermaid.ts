/** mermaid-cli, where the user has it. It weighs 443 MB and is never installed by wglab. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { EXIT, UserError } from './exit.ts'

/** The path of `mmdc`: $WGLAB_MMDC, the node_modules/.bin folders from here upwards, then the PATH. */
export function findMermaid(env: NodeJS.ProcessEnv = process.env, from: string = process.cwd()): string | undefined {
  const folders: string[] = []
  for (let folder = from; ; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules', '.bin'))
    if (dirname(folder) === folder) break
  }
  folders.push(...(env['PATH'] ?? '').split(delimiter))
  const named = env['WGLAB_MMDC']
  return [...(named === undefined ? [] : [named]), ...folders.map(folder => join(folder, 'mmdc'))].find(isExecutable)
}

/** The diagram as SVG, drawn by mermaid-cli. Throws UserError when it is missing or fails. */
export function renderMermaid(text: string, env: NodeJS.ProcessEnv = process.env): string {
  const mmdc = findMermaid(env)
  if (mmdc === undefined) {
    throw new UserError(
      'mermaid-cli is not here (looked for mmdc in $WGLAB_MMDC, node_modules/.bin and the PATH): `npm install -g @mermaid-js/mermaid-cli`, or use `--to svg`, which needs nothing',
      EXIT.missing,
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'wglab-mermaid-'))
  try {
    const [input, output, browser] = [
      join(folder, 'ladder.mmd'),
      join(folder, 'ladder.svg'),
      join(folder, 'browser.json'),
    ]
    writeFileSync(input, text)
    // Chromium refuses its sandbox to root.
    const args = process.getuid?.() === 0 ? ['-p', browser] : []
    if (args.length > 0) writeFileSync(browser, JSON.stringify({ args: ['--no-sandbox'] }))
    const run = spawnSync(mmdc, [...args, '-q', '-i', input, '-o', output], { encoding: 'utf8', env, timeout: 120_000 })
    if (run.status !== 0) {
      const why = run.error?.message ?? `${run.stderr}${run.stdout}`.trim().split('\n')[0]
      throw new UserError(`${mmdc} failed: ${why}`, EXIT.missing)
    }
    return readFileSync(output, 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
