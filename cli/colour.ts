/** What standard output can show. */

/** https://no-color.org and FORCE_COLOR; else colour for terminals and none for files and pipes. */
export function wantsColor(env: NodeJS.ProcessEnv = process.env, terminal = process.stdout.isTTY === true): boolean {
  if (env['NO_COLOR']) return false
  const force = env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return terminal && env['TERM'] !== 'dumb'
}

/** Columns: of the terminal, else $COLUMNS, else 100. */
export function outputWidth(env: NodeJS.ProcessEnv = process.env, columns = process.stdout.columns): number {
  if (columns !== undefined && columns > 0) return columns
  const wished = Number(env['COLUMNS'])
  return Number.isInteger(wished) && wished > 0 ? wished : 100
}
