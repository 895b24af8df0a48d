import { existsSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type FixtureCode, useFixture } from './fixture-action.ts'
import { render } from './render.ts'
import { type StepOptions, startStep } from './step.ts'

const run = (code: FixtureCode | string, options: Partial<StepOptions> = {}) =>
  startStep({ entry: 'main', actionFile: useFixture(code), ...options }).done

describe('a step gets', () => {
  test('its inputs: defaults, expressions, empty ones, hyphens kept, unknown ones with a warning', async () => {
    const inputs = [
      '  api-token: { required: true }',
      '  wait time: { default: 5m }',
      `  token: { default: '\${{ github.token }}' }`,
      '  empty: { default: full }',
    ].join('\n')
    const main = `for (const [k, v] of Object.entries(process.env)) if (k.startsWith('INPUT_')) say(k + '=' + v)`
    const result = await run(
      { main, inputs },
      { inputs: { EMPTY: '', typo: 'x' }, context: { 'github.token': 'ghs_secret' } },
    )
    expect(result.rawStdout.trim().split('\n')).toEqual([
      'INPUT_API-TOKEN=',
      'INPUT_WAIT_TIME=5m',
      'INPUT_TOKEN=ghs_secret',
      'INPUT_EMPTY=',
      'INPUT_TYPO=x',
    ])
    expect(result.log.map(({ text }) => text)).toContain('INPUT_TOKEN=***')
    expect(result.header).toEqual([
      'Run Fixture',
      'with:',
      '  wait time: 5m',
      '  token: ***',
      '  typo: x',
    ])
    expect(result.annotations[0]?.message).toContain("Unexpected input(s) 'typo'")
  })

  test('only the environment of a runner, and no stdin', async () => {
    process.env.HARNESS_LEAK = 'yes'
    onTestFinished(() => void delete process.env.HARNESS_LEAK)
    const main = `say(JSON.stringify(process.env)); process.stdin.on('end', () => say('eof')).resume()
      say(process.cwd() === process.env.GITHUB_WORKSPACE ? 'in workspace' : process.cwd())`
    const result = await run(main, { env: { GITHUB_JOB: 'mine', GITHUB_SHA: undefined } })
    const env = JSON.parse(result.rawStdout.split('\n')[0] ?? '')
    expect(env).toMatchObject({ GITHUB_JOB: 'mine', GITHUB_ACTIONS: 'true', RUNNER_OS: 'Linux' })
    expect(env).not.toHaveProperty('HARNESS_LEAK')
    expect(env).not.toHaveProperty('GITHUB_SHA')
    expect(result.rawStdout).toContain('in workspace\neof')
    expect(existsSync(env.RUNNER_TEMP)).toBe(false)
  })
})

describe('the log', () => {
  test('both streams, a bare CR and the old form in mid-line are read for commands', async () => {
    const result = await run(`say('50%\\r::notice::n'); console.error('x ##[error]boom')`)
    expect(result.annotations).toHaveLength(2)
    expect(result.annotations).toContainEqual({ level: 'notice', message: 'n' })
    expect(result.annotations).toContainEqual({ level: 'error', message: 'boom' })
    expect(result.conclusion).toBe('success')
  })

  test('between stop-commands and its token everything is text', async () => {
    const result = await run(`
      for (const line of ['::stop-commands::Token-123', '::error::a', '##[error]b', '::token-123::', '::error::c']) say(line)`)
    expect(result.annotations.map(({ message }) => message)).toEqual(['c'])
    expect(result.log.map(({ text }) => text)).toEqual([
      '::stop-commands::***',
      '::error::a',
      '##[error]b',
      '::token-123::',
      'c',
    ])
  })

  test.each(['', 'pause-logging', 'error'])('stop-commands refuses the token %j', async (token) => {
    expect(await run(`say('::stop-commands::${token}')`)).toMatchObject({ conclusion: 'failure' })
  })

  test('groups do not nest', async () => {
    const result = await run(
      `for (const line of ['::group::A', '1', '::group::B', '2', '::endgroup::', '3']) say(line)`,
    )
    expect(result.log).toEqual([
      { kind: 'group', text: 'A' },
      { kind: 'text', text: '1', group: 'A' },
      { kind: 'group', text: 'B' },
      { kind: 'text', text: '2', group: 'B' },
      { kind: 'text', text: '3' },
    ])
  })

  test('a mask hides what comes after it: text, annotations, summary; an output is reported', async () => {
    const result = await run(`
      for (const line of ['early s3cret', '::add-mask::s3cret', '::add-mask:: ', 'late s3cret', '::error title=s3cret::s3cret']) say(line)
      put('STEP_SUMMARY', 's3cret'); put('OUTPUT', 'url=http://s3cret\\nother=1\\n')`)
    const text = result.log.map((line) => line.text)
    expect(text).toContain('early s3cret')
    expect(text).toContain('late ***')
    expect(result.annotations).toContainEqual({ level: 'error', message: '***', title: '***' })
    expect(result.summary).toBe('***\n')
    expect(result.outputs).toEqual({ url: 'http://s3cret', other: '1' })
    expect(result.undeclaredOutputs).toEqual(['other'])
    expect(result.problems.map(({ kind }) => kind).sort()).toEqual([
      'add-mask-empty',
      'annotation-secret',
      'output-secret',
      'output-undeclared',
    ])
  })

  test('ten annotations of a level are kept and messages are cut', async () => {
    const result = await run(`
      for (let i = 0; i < 12; i++) say('::warning::' + 'x'.repeat(5000)); say('::error::e')`)
    expect(result.annotations).toHaveLength(11)
    expect(result.droppedAnnotations).toBe(2)
    expect(result.annotations[0]?.message).toHaveLength(4096)
  })

  test('places: relative to the workspace, columns only within one line', async () => {
    const result = await run(`
      say('::error file=' + process.cwd() + '/a.ts,line=2,endLine=4,col=1::e'); say('::error line=2,col=1,endColumn=3::e')`)
    expect(result.annotations).toEqual([
      { level: 'error', message: 'e', file: 'a.ts', line: 2, endLine: 4 },
      { level: 'error', message: 'e', line: 2, col: 1, endColumn: 3 },
    ])
  })

  test('set-output and save-state forge, set-env and add-path fail the step', async () => {
    const forged = await run(
      `say('::set-output name=url::evil'); say('##[save-state name=id]evil')`,
    )
    expect(forged).toMatchObject({
      conclusion: 'success',
      outputs: { url: 'evil' },
      forged: { outputs: { url: 'evil' }, state: { id: 'evil' } },
    })
    const failed = await run(`say('::set-env name=A::b'); say('::add-path::/x')`)
    expect(failed).toMatchObject({ conclusion: 'failure', exitCode: 0, env: {}, path: [] })
    expect(failed.problems.map(({ kind }) => kind)).toEqual(['command', 'command'])
  })
})

test('a broken command file fails the step; a summary that is too long does not', async () => {
  expect(await run(`put('OUTPUT', 'url<<E\\nx\\n')`)).toMatchObject({
    conclusion: 'failure',
    exitCode: 0,
    problems: [{ kind: 'file-command' }],
  })
  expect(await run(`put('STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1))`)).toMatchObject({
    conclusion: 'success',
    summary: '',
    annotations: [{ level: 'error' }],
  })
})

test('a result can be shown as GitHub would', async () => {
  const main = `
    for (const line of ['::group::Deploy', 'created', '::endgroup::', '::error title=No room::Try another region']) say(line)
    put('OUTPUT', 'url=http://a\\n')
    put('STEP_SUMMARY', '## Done\\n\\n| a | b |\\n|---|---|\\n| **x** | [y](http://y) |\\n'); process.exitCode = 1`
  const text = render(await run(main))
  expect(text).toMatch(/^✗ Fixture \(main\)/)
  expect(text).toContain('▸ Deploy\n    created\nError: Try another region')
  expect(text).toContain('│ No room\n│ Try another region')
  expect(text).toContain('url  http://a')
  expect(text).toContain('Done\n────\n\na   b\nx   y <http://y>')
  expect(text).not.toContain('\u001b')
})
