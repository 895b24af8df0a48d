import { issueCommand } from '@actions/core/lib/command.js'
import { prepareKeyValueMessage } from '@actions/core/lib/file-command.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import {
  codeBlock,
  codeSpan,
  escapeMarkdown,
  limitBytes,
  table,
} from '../../src/report/markdown.ts'
import { buildOutputs } from '../../src/report/outputs.ts'
import { buildSummary } from '../../src/report/summary.ts'
import type { RunnerCommands } from '../../src/runner/commands.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import type { RunState } from '../../src/state/state.ts'
import { parsePairs } from '../harness/file-commands.ts'
import { Masks } from '../harness/masks.ts'
import { StepLog } from '../harness/step-log.ts'
import { deploymentReport, runReport } from '../report/fixtures.ts'
import { holds } from './holds.ts'
import { anySecret, anyText } from './texts.ts'

/** Outputs that only some providers fill. */
const OWN = ['build-name', 'dxf-name']

/** Everything that a printer writes, commands in the toolkit's own form. */
function capture(use: (printer: Printer) => void): string {
  let written = ''
  const runner: RunnerCommands = {
    write: (text) => {
      written += text
    },
    command: (...command) => {
      written += formOf(() => issueCommand(...command))
    },
    setOutput: () => {},
    saveState: () => {},
    appendSummary: async () => {},
  }
  use(new Printer(runner, new Redactor(), { nowMs: () => 0 }))
  return written
}

/** The toolkit writes to the process's own stream, whatever it is told. */
function formOf(issue: () => void): string {
  const { write } = process.stdout
  let form = ''
  process.stdout.write = (text: unknown) => {
    form += String(text)
    return true
  }
  try {
    issue()
  } finally {
    process.stdout.write = write
  }
  return form
}

/** Reads it as the runner does. */
function readLog(written: string): StepLog {
  const log = new StepLog({
    masks: new Masks(),
    workspace: '/work',
    debug: false,
    allowUnsecureCommands: false,
  })
  for (const line of written.split('\n').slice(0, -1)) log.take(line)
  return log
}

const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/

describe('whatever text goes to the log', () => {
  test('the runner sees the commands that were meant, and no other', () =>
    holds(
      fc.property(anyText, anyText, anyText, (one, two, three) => {
        const written = capture((printer) => {
          printer.line(one)
          printer.group(two, [one, three])
          printer.warning(one, two)
          printer.notice(three)
          printer.failure(new ActionError({ kind: 'refused', what: one, next: two }), three)
        })
        const log = readLog(written)
        expect(log.commands.map(({ name, form }) => `${form} ${name}`)).toEqual(
          ['group', 'endgroup', 'warning', 'notice', 'error'].map((name) => `colons ${name}`),
        )
        expect(log.problems).toEqual([])
        expect(log.forged).toEqual({ outputs: {}, state: {}, env: {}, path: [] })
        // One line each: nothing of a text stands on a line of its own.
        expect(written.split('\n')).toHaveLength(3 + 5 + 1)
        expect(written.replaceAll('\n', '')).not.toMatch(CONTROLS)
        expect(written.isWellFormed()).toBe(true)
      }),
      600,
    ))
})

/** How a secret may come back: as it is, escaped, encoded, among other text. */
const formsOf = (secret: string) =>
  fc.constantFrom(
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret),
    JSON.stringify(JSON.stringify(secret)),
    Buffer.from(secret).toString('base64'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
    `${secret}${secret}`,
    // Wrapped by whoever wrote it.
    secret.replaceAll(' ', '\n'),
    secret.replaceAll(' ', ' \r\n '),
    `${'x'.repeat(1_990)}${secret}`,
  )
const anyWithSecret = anySecret.chain((secret) =>
  fc.record({
    secret: fc.constant(secret.trim()),
    text: fc
      .tuple(anyText, formsOf(secret), anyText)
      // What stands beside it must not make an escape of its ends.
      .map(([before, form, after]) => `${before} ${form} ${after}`),
  }),
)

describe('a secret that was hidden', () => {
  test('stands nowhere in the log, in whatever form and place it came', () =>
    holds(
      fc.property(anyWithSecret, ({ secret, text }) => {
        const written = capture((printer) => {
          printer.hide(secret)
          printer.line(text)
          printer.group(text, [text])
          printer.error(text, text)
          printer.failure(new ActionError({ kind: 'refused', what: text, next: text }), text)
        })
        const shown = written.replace(/^::add-mask::.*$/gm, '')
        expect(shown).not.toContain(secret)
        expect(shown).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''))
      }),
      800,
    ))

  test('stands nowhere in outputs and summary either', () =>
    holds(
      fc.property(anyWithSecret, ({ secret, text }) => {
        let outputs = ''
        let summary = ''
        capture((printer) => {
          printer.hide(secret)
          const report = reportOf([text, text, text])
          outputs = JSON.stringify(buildOutputs(report, printer, OWN))
          summary = buildSummary(report, (one) => printer.clean(one))
        })
        expect(outputs).not.toContain(secret)
        expect(summary).not.toContain(secret)
        expect(asShown(summary)).not.toContain(secret)
      }),
      400,
    ))
})

/** A run all of whose remote texts are these. */
function reportOf([one, two, three]: readonly [string, string, string]): RunState {
  const port = { name: one, internal: 1, external: 2, protocol: two, address: three }
  const facts = {
    host: one,
    ip: two,
    location: three,
    ports: [port, port],
    details: [[one, two]] as const,
  }
  const error = new ActionError({ kind: 'deployment-failed', what: two, next: three })
  const deployment = deploymentReport({
    target: { name: three, where: one },
    observation: { state: 'failed', status: one, known: false, facts },
    error,
    timeline: [{ status: two, atMs: 1 }],
    log: { tail: [one, two, three], isCut: false, crash: three },
  })
  return runReport({
    outcome: 'failed',
    deployments: [deployment, deployment],
    tunnelError: three,
  })
}

/** Entities back into characters, and without the marks that keep GitHub from making links. */
function asShown(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('\u200b', '')
}

const ENTITY = /&(?:amp|lt|gt|quot|#\d{2,3});/g

describe('whatever text goes into Markdown', () => {
  test('shows that text, with nothing in it that Markdown or HTML could take for markup', () =>
    holds(
      fc.property(anyText, (text) => {
        const escaped = escapeMarkdown(text)
        expect(escaped.replace(ENTITY, '')).not.toMatch(/[&<>"\\`*_{}[\]()#+!|~$:-]|^\d+\./)
        // `@team` notifies people and `www.` links by itself, escaped or not.
        expect(escaped).not.toMatch(/@(?!\u200b)|(?<!\u200b)\bwww\./i)
        expect(escaped).not.toMatch(CONTROLS)
        expect(asShown(escaped)).toBe(toLine(text, 500).trim().replaceAll('\u200b', ''))
        expect(codeSpan(text)).toMatch(/^(?:<code>[^<>`|\n]+<\/code>)?$/)
      }),
      1_000,
    ))

  test('a table has its cells, whatever is in them', () =>
    holds(
      fc.property(
        fc.array(fc.tuple(anyText, anyText, anyText), { minLength: 1, maxLength: 4 }),
        (rows) => {
          const cells = rows.map((row) => row.map((text) => escapeMarkdown(text)))
          const lines = table(['a', 'b', 'c'], cells).split('\n')
          expect(lines).toHaveLength(2 + rows.length)
          for (const line of lines) expect(line.split('|')).toHaveLength(5)
        },
      ),
    ))

  test('a block of code ends at its own fence', () =>
    holds(
      fc.property(fc.array(anyText, { maxLength: 6 }), (texts) => {
        const lines = codeBlock(texts.map((text) => toLine(text))).split('\n')
        const fence = lines.at(-1) ?? ''
        expect(lines[0]).toBe(`${fence}text`)
        for (const line of lines.slice(1, -1)) expect(line).not.toContain(fence)
      }),
    ))

  test('a summary has no element, bar or fence but its own', () =>
    holds(
      fc.property(anyText, anyText, anyText, (...texts) => {
        const summary = buildSummary(reportOf(texts), (text) => toLine(text))
        const outside = summary.replace(
          /^(?:> )?(`{3,})(?:text|diff|mermaid)\n[\s\S]*?\n(?:> )?\1$/gm,
          '',
        )
        const own = /^<\/?(?:code|details|summary|table|tr|td|br|th(?: align="left")?)>$/
        for (const element of outside.match(/<[^>]*>?/g) ?? []) expect(element).toMatch(own)
        expect(outside).not.toContain('`')
        for (const name of ['details', 'table', 'tr', 'td', 'code']) {
          const closed = outside.split(`</${name}>`).length
          expect(outside.split(new RegExp(`<${name}[ >]`))).toHaveLength(closed)
        }
        const rows = outside.split('\n').filter((line) => line.startsWith('|'))
        const cells = new Set(rows.map((line) => line.split('|').length))
        expect(cells.size).toBeLessThanOrEqual(1)
        expect(summary.replaceAll('\n', '')).not.toMatch(CONTROLS)
      }),
      300,
    ))

  test('is cut at the end of a line, and within the limit', () =>
    holds(
      fc.property(fc.array(anyText, { maxLength: 10 }), fc.nat(500), (texts, more) => {
        const markdown = ['### heading', ...texts.map((text) => toLine(text))].join('\n')
        const maxBytes = '### heading\n'.length + more
        const limited = limitBytes(markdown, maxBytes)
        if (Buffer.byteLength(markdown) <= maxBytes) expect(limited).toBe(markdown)
        else {
          const kept = limited.replace(/\n\n…\n$/, '')
          expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(maxBytes)
          expect(markdown.startsWith(`${kept}\n`)).toBe(true)
        }
      }),
    ))
})

test('whatever text becomes an output is that output, and no other', () =>
  holds(
    fc.property(anyText, anyText, anyText, (...texts) => {
      const identity = (text: string) => text
      const outputs = buildOutputs(reportOf(texts), { redact: identity, redactFact: identity }, OWN)
      // As the toolkit writes them to the runner's file.
      const file = Object.entries(outputs)
        .map(([name, value]) => `${prepareKeyValueMessage(name, value)}\n`)
        .join('')
      const { pairs, error } = parsePairs(file)
      expect(error).toBeUndefined()
      expect(Object.fromEntries(pairs)).toEqual(outputs)
      for (const value of Object.values(outputs)) expect(value).not.toMatch(CONTROLS)
      for (const name of ['ports', 'deployments']) JSON.parse(outputs[name] ?? '')
    }),
    300,
  ))
