import fc from 'fast-check'
import { hostileTexts } from '../report/hostile-texts.ts'

/** Pieces that mean something to a runner, to Markdown, to HTML or to a parser of ours. */
const PIECES = [
  ...['::', '##', '##[', '[', ']', '(', ')', '<', '>', '&', '`', '```', '|', '#', '@', '\\', '~'],
  ...['\n', '\r', '\r\n', '\t', ' ', '\u00a0', '\u2028', '\u2029', '\u0085', '\v', '\f', '\ufeff'],
  ...['error', 'set-output name=a', 'add-mask', 'stop-commands', 'group', 'endgroup', 'warning'],
  ...['\u001b[31m', '\u202e', '\u200b', '\u2060', '\ud83d', '\udc4d', '\u0000', '%0A', '%25'],
  ...['a', '1', '.', '-', '*', '_', ':', '/', '$', '!', '=', ';', '"', "'", 'www.', 'https://x.y'],
  ...['<img src=x>', '</table>', '<!--', '-->', '---', '&lt;', '\u0001', '{', '}', 'GH-1', '#1'],
]

/** Any text at all: ordinary, hostile, of any code units, long. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }).map((pieces) => pieces.join('')),
  // Lone halves of pairs too, which no encoder can write.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(...hostileTexts),
)

/** A text that an environment variable may hold: it has no null character. */
export const anyInput: fc.Arbitrary<string> = anyText.map((text) => text.replaceAll('\0', ''))

/** A secret as services make them, long enough to be hidden. */
export const anySecret: fc.Arbitrary<string> = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...'abcdefghijkmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ23456789-_+/=.~'),
    minLength: 16,
    maxLength: 60,
  }),
  fc
    .string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 40 })
    .filter((text) => text.trim().length >= 12),
)

/** Words that mean something to an object of JavaScript. */
const ODD_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '0', '']

/**
 * Any JSON value. Objects mostly have keys of `names`, so that a reader of those meets every kind of
 * value where it looks.
 */
export function anyJson(names: readonly string[]): fc.Arbitrary<unknown> {
  const key = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_KEYS) },
    { weight: 1, arbitrary: anyText },
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, false, 0, -1, 1e308, '', 'Status.READY', 'true', '7777'),
      anyText,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(tie('value'), { maxLength: 4 }),
      // From JSON, so that `__proto__` is a key like any other.
      fc.array(fc.tuple(key, tie('value')), { maxLength: 8 }).map(toObject),
    ),
  }))
  return value
}

function toObject(entries: readonly (readonly [string, unknown])[]): unknown {
  const object: Record<string, unknown> = {}
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

/** The text of a JSON value, at times cut or with another one behind it. */
export function anyBody(names: readonly string[]): fc.Arbitrary<string> {
  const whole = fc
    .oneof(
      { weight: 5, arbitrary: anyJson(names) },
      { weight: 1, arbitrary: fc.jsonValue() as fc.Arbitrary<unknown> },
    )
    .map((value) => JSON.stringify(value))
  return fc.oneof(
    { weight: 8, arbitrary: whole },
    {
      weight: 1,
      arbitrary: fc
        .tuple(whole, fc.nat())
        .map(([text, at]) => text.slice(0, at % (text.length + 1))),
    },
    { weight: 1, arbitrary: anyText },
  )
}
