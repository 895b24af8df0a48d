import { styleText } from 'node:util'
import { markdownToText } from './markdown-text.ts'
import type { Annotation, Conclusion, LogLine, StepResult } from './step-result.ts'

export interface RenderOptions {
  /** ANSI colours; off by default. */
  readonly colours?: boolean
}

type Style = Parameters<typeof styleText>[0]
type Format = Extract<Style, string>
type Paint = (style: Style, text: string) => string

const STYLES: Readonly<Record<LogLine['kind'] | Conclusion, Format>> = {
  text: 'reset',
  group: 'bold',
  debug: 'dim',
  notice: 'blue',
  warning: 'yellow',
  error: 'red',
  success: 'green',
  failure: 'red',
  cancelled: 'gray',
}

const SIGNS = { success: '✓', failure: '✗', cancelled: '⊘' } as const
const LEVELS = { error: 'Error', warning: 'Warning', notice: 'Notice' } as const

/** What a person would see of a step on GitHub: log, annotations, outputs and summary. */
export function render(result: StepResult, options: RenderOptions = {}): string {
  const paint = toPaint(options)
  const seconds = (result.durationMs / 1000).toFixed(1)
  const title = `${SIGNS[result.conclusion]} ${result.actionName} (${result.entry})  ${seconds} s`
  const { conclusion, annotations, droppedAnnotations, outputs, summary } = result
  const notes = annotations.map((annotation) => renderAnnotation(annotation, paint))
  if (droppedAnnotations > 0) notes.push(`… and ${droppedAnnotations} more that GitHub drops`)
  return [
    paint(['bold', STYLES[conclusion]], title),
    ...renderHeader(result.header, paint),
    ...result.log.map((line) => renderLine(line, paint)),
    ...section('Annotations', notes, paint),
    ...section('Outputs', renderOutputs(outputs), paint),
    ...section('Summary', summary === '' ? [] : [markdownToText(summary)], paint),
  ].join('\n')
}

/** One line as it comes, for showing a step while it runs. */
export function renderLogLine(line: LogLine, options: RenderOptions = {}): string {
  return renderLine(line, toPaint(options))
}

function toPaint({ colours }: RenderOptions): Paint {
  if (colours !== true) return (_, text) => text
  return (style, text) => styleText(style, text, { validateStream: false })
}

function renderHeader(header: readonly string[], paint: Paint): string[] {
  const [title = '', ...rest] = header
  return [paint('bold', `▸ ${title}`), ...rest.map((line) => paint('dim', `    ${line}`))]
}

function renderLine(line: LogLine, paint: Paint): string {
  const indent = line.group === undefined ? '' : '    '
  if (line.kind === 'group') return paint(STYLES.group, `▸ ${line.text}`)
  if (line.kind === 'text') return indent + line.text
  const label = line.kind === 'debug' ? '##[debug]' : `${LEVELS[line.kind]}: `
  return indent + paint(STYLES[line.kind], label + line.text)
}

function renderAnnotation(annotation: Annotation, paint: Paint): string {
  const { level, file, line, title, message } = annotation
  const place = file === undefined ? '' : `  ${file}${line === undefined ? '' : `:${line}`}`
  const head = paint([STYLES[level], 'bold'], title ?? LEVELS[level])
  const body = message.split(/\r\n|\r|\n/).map((text) => `${paint(STYLES[level], '│')} ${text}`)
  return [`${paint(STYLES[level], '│')} ${head}${place}`, ...body].join('\n')
}

function renderOutputs(outputs: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(outputs)
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => {
    const lines = value.split('\n').join(`\n${' '.repeat(width + 2)}`)
    return `${name.padEnd(width)}  ${lines}`
  })
}

function section(title: string, blocks: readonly string[], paint: Paint): string[] {
  if (blocks.length === 0) return []
  const rule = '─'.repeat(Math.max(3, 72 - title.length - 4))
  return ['', paint('bold', `── ${title} ${rule}`), ...blocks]
}
