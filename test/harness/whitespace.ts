/**
 * The runner is a .NET program: its Trim counts U+0085 as whitespace and U+FEFF not, the opposite of
 * JavaScript's `trim`. A harness that trimmed as JavaScript does would miss commands hidden behind
 * U+0085 and see commands behind a byte order mark that the runner never sees.
 */
const SPACE = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const AT_START = new RegExp(`^[${SPACE}]+`, 'u')
const AT_END = new RegExp(`[${SPACE}]+$`, 'u')

export const trimStart = (text: string): string => text.replace(AT_START, '')

export const trim = (text: string): string => trimStart(text).replace(AT_END, '')
