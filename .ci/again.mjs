// node .ci/again.mjs REPORT: the test files that did not pass, from vitest's JSON report, one a line.
// Status 1 when one of them is no real test: what is pure passes always or is wrong.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const here = path => relative(process.cwd(), path)
const listed = execFileSync('npx', ['vitest', 'list', '--filesOnly', '--json'], { encoding: 'utf8' })
const all = JSON.parse(listed.slice(listed.indexOf('['))).map(({ file }) => here(file))
const results = existsSync(process.argv[2]) ? JSON.parse(readFileSync(process.argv[2], 'utf8')).testResults : []
const passed = new Set(results.filter(({ status }) => status === 'passed').map(({ name }) => here(name)))
const failed = all.filter(file => !passed.has(file))
for (const file of failed) console.log(file)
if (failed.length === 0 || failed.length > 6 || failed.some(file => !file.endsWith('.real.test.ts'))) process.exit(1)
