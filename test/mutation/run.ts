/**
 * Changes the source in one place at a time (a mutant) and runs the quick tests against each: a
 * mutant that no test notices shows what the tests do not look at. Prints a table, and the mutants
 * that survived and that `survivors.json` does not explain. What it explains still counts as alive.
 *
 * Usage: npm run test:mutation [-- part or file …], with the parts named below or source files of
 * one; all parts without any. `MUTATION_WORKERS` (2) says how many run side by side.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, matchesGlob } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asListed, readSurvivors } from './survivors.ts'

interface Part {
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
}

const inRun = (...names: string[]) => names.map((name) => `src/run/${name}.ts`)

/** What is changed, and the tests that could notice it. */
const PARTS: Readonly<Record<string, Part>> = {
  wait: {
    mutate: ['src/wait/**/*.ts'],
    tests: ['test/wait/**/*.test.ts', 'test/properties/wait.test.ts'],
  },
  create: {
    mutate: inRun('create', 'find-lost', 'ledger'),
    tests: ['test/run/**/*.test.ts'],
  },
  'clean-up': {
    mutate: inRun('clean-up', 'stop-deployment', 'stop-many', 'conclude', 'replace', 'last-word'),
    tests: ['test/run/**/*.test.ts'],
  },
  deploy: {
    mutate: inRun(
      ...['deploy', 'deploy-all', 'deploy-one', 'stop', 'verify', 'promote', 'server-log'],
      ...['group-members', 'ensure-version', 'run-probe', 'dry-run', 'log-file', 'version'],
      ...['perform', 'show-on-github', 'why-ended', 'still-up', 'unmoved-version', 'restarts'],
    ),
    tests: ['test/run/**/*.test.ts'],
  },
  settings: {
    mutate: ['src/settings/**/*.ts'],
    tests: ['test/settings/**/*.test.ts', 'test/properties/inputs.test.ts'],
  },
  report: {
    mutate: ['src/report/**/*.ts'],
    tests: ['test/report/**/*.test.ts', 'test/properties/output.test.ts'],
  },
  github: {
    mutate: ['src/github/**/*.ts'],
    tests: ['test/github/**/*.test.ts'],
  },
  provider: {
    mutate: ['src/provider/*.ts'],
    tests: [
      'test/provider/*.test.ts',
      'test/provider/edgegap/*.test.ts',
      'test/provider/rockit-edge/**/*.test.ts',
    ],
  },
  edgegap: {
    mutate: ['src/provider/edgegap/*.ts', 'src/provider/edgegap/wire/*.ts'],
    tests: ['test/provider/edgegap/**/*.test.ts', 'test/provider/*.test.ts'],
  },
  versions: {
    mutate: ['src/provider/edgegap/versions/*.ts'],
    tests: ['test/provider/edgegap/**/*.test.ts'],
  },
  'rockit-edge': {
    mutate: ['src/provider/rockit-edge/**/*.ts'],
    tests: ['test/provider/rockit-edge/**/*.test.ts', 'test/provider/*.test.ts'],
  },
}

interface Mutant {
  readonly mutatorName: string
  readonly status: string
  readonly replacement?: string
  readonly location: { readonly start: Position; readonly end: Position }
}

interface Position {
  readonly line: number
  readonly column: number
}

interface Result {
  readonly files: Readonly<Record<string, { source: string; mutants: readonly Mutant[] }>>
}

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = join(HERE, '../..')
const STRYKER = join(HERE, 'node_modules/@stryker-mutator/core/bin/stryker.js')

function install(): void {
  if (existsSync(STRYKER)) return
  // Its peers are the project's own.
  execFileSync('npm', ['ci', '--legacy-peer-deps', '--no-audit', '--no-fund'], {
    cwd: HERE,
    stdio: 'inherit',
  })
}

function mutate({ mutate: files, tests }: Part): Result {
  const folder = mkdtempSync(join(tmpdir(), 'mutation-'))
  try {
    const [config, report] = ['stryker.json', 'report.json'].map((name) => join(folder, name))
    const options = {
      testRunner: 'vitest',
      plugins: ['@stryker-mutator/vitest-runner'],
      vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
      mutate: files,
      coverageAnalysis: 'perTest',
      concurrency: Number(process.env.MUTATION_WORKERS ?? 2),
      // A mutant that hangs counts as noticed: on a busy machine a slow test must not look like one.
      timeoutMS: 10_000,
      reporters: ['json'],
      jsonReporter: { fileName: report },
      ignorePatterns: ['dist', 'emulator/dist', '.cache', 'docs', 'test/mutation/node_modules'],
      tempDirName: '.cache/mutation',
      disableTypeChecks: false,
    }
    writeFileSync(config ?? '', JSON.stringify(options))
    execFileSync(process.execPath, [STRYKER, 'run', config ?? ''], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, MUTATION_TESTS: tests.join() },
    })
    return JSON.parse(readFileSync(report ?? '', 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A mutant of a text for people is apart: what a line says is not worth a test each. */
const isText = ({ mutatorName }: Mutant) => mutatorName === 'StringLiteral'
const isKilled = ({ status }: Mutant) => status === 'Killed' || status === 'Timeout'
const isAlive = ({ status }: Mutant) => status === 'Survived' || status === 'NoCoverage'
const isCounted = (one: Mutant) => isKilled(one) || isAlive(one)

interface Judged extends Mutant {
  readonly isExplained: boolean
}

const explained = new Set(
  readSurvivors().map(({ file, line, change }) => nameOf(file, line, change)),
)

function nameOf(file: string, line: string, change: string): string {
  return [file, line, change].join('\n')
}

function judge(file: string, source: string, mutant: Mutant): Judged {
  const line = source.split('\n')[mutant.location.start.line - 1]?.trim() ?? ''
  const name = nameOf(file, line, asListed(mutant.replacement ?? ''))
  return { ...mutant, isExplained: isAlive(mutant) && explained.has(name) }
}

function rowOf(name: string, mutants: readonly Judged[]): string {
  const score = (some: readonly Mutant[]) => {
    const share = some.length === 0 ? 1 : some.filter(isKilled).length / some.length
    return `${(100 * share).toFixed(1)} %`
  }
  const counted = mutants.filter(isCounted)
  const logic = counted.filter((one) => !isText(one))
  const reasons = counted.filter(({ isExplained }) => isExplained).length
  return `| ${name} | ${counted.length} | ${score(counted)} | ${score(logic)} | ${reasons} |`
}

function describeMutant(source: string, { location, mutatorName, replacement = '' }: Mutant) {
  const { start, end } = location
  const line = source.split('\n')[start.line - 1] ?? ''
  const text = start.line === end.line ? line.slice(start.column - 1, end.column - 1) : line.trim()
  const change = asListed(replacement)
  return `  ${start.line}: ${text.slice(0, 100)} → ${change} (${mutatorName})`
}

/** A part by its name, or one file with the tests of its part. */
function partOf(name: string): Part | undefined {
  const holds = ({ mutate: globs }: Part) => globs.some((glob) => matchesGlob(name, glob))
  const part = Object.values(PARTS).find(holds)
  return part === undefined ? PARTS[name] : { ...part, mutate: [name] }
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS)
const unknown = wanted.filter((name) => partOf(name) === undefined)
if (unknown.length > 0) {
  console.error(`No such part: ${unknown.join(', ')}. There are ${Object.keys(PARTS).join(', ')}.`)
  process.exit(2)
}
install()
const rows: string[] = []
for (const name of wanted) {
  const all: Judged[] = []
  for (const [file, { source, mutants }] of Object.entries(mutate(partOf(name) as Part).files)) {
    const judged = mutants.map((one) => judge(file, source, one))
    const alive = judged.filter((one) => isAlive(one) && !one.isExplained && !isText(one))
    if (alive.length > 0)
      console.log([file, ...alive.map((one) => describeMutant(source, one))].join('\n'))
    rows.push(rowOf(`\`${file}\``, judged))
    all.push(...judged)
  }
  rows.push(rowOf(`**${name}**`, all))
}
console.log(
  [
    '',
    '| | mutants | killed | killed, without texts | alive for a stated reason |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n'),
)
