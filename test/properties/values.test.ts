import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSameImage, parseImage, showImage } from '../../src/provider/edgegap/image.ts'
import {
  parsePort,
  portBody,
  showPort,
  showPorts,
  type VersionPort,
} from '../../src/provider/edgegap/ports.ts'
import { readVersionConfig } from '../../src/provider/edgegap/version-config.ts'
import { toPort } from '../../src/provider/edgegap/versions/version.ts'
import { parseDuration } from '../../src/settings/duration.ts'
import { Problems } from '../../src/settings/problems.ts'
import { holds } from './holds.ts'
import { anyInput, anyJson, anyText } from './texts.ts'

/** Texts near to what a reader takes, which find more than texts that are nothing at all. */
const near = (characters: string, maxLength = 40) =>
  fc.string({ unit: fc.constantFrom(...characters), maxLength })

describe('an image reference', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|__?|-{1,3})[a-z0-9]{1,5}){0,2}$/)
  const host = fc.stringMatching(/^[a-z0-9]{1,8}(?:\.[a-z0-9]{1,5}){1,3}(?::[1-9]\d{0,4})?$/)
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}$/)

  test('that follows the grammar is read into its parts, and shown as it was', () =>
    holds(
      fc.property(
        host,
        fc.array(component, { minLength: 1, maxLength: 3 }),
        tag,
        (registry, path, tag) => {
          const text = `${registry}/${path.join('/')}:${tag}`
          const image = parseImage(text)
          expect(image).toEqual({ registry, name: path.join('/'), tag })
          if (typeof image === 'string') return
          expect(showImage(image)).toBe(text)
          expect(parseImage(showImage(image))).toEqual(image)
          expect(isSameImage(image, { ...image, registry: `https://${registry}/` })).toBe(true)
        },
      ),
    ))

  test('of any text is an image that is read again as the same one, or a sentence', () =>
    holds(
      fc.property(fc.oneof(anyText, near('aZ09._-/:@ ')), (text) => {
        const image = parseImage(text)
        if (typeof image === 'string') expect(image).not.toBe('')
        else {
          expect(parseImage(showImage(image))).toEqual(image)
          expect(showImage(image)).toMatch(/^[\x21-\x7e]+$/)
        }
      }),
      1_000,
    ))
})

describe('a duration', () => {
  test('is the sum of its parts', () =>
    holds(
      fc.property(fc.nat(999), fc.nat(9_999), fc.nat(99_999), (hours, minutes, seconds) => {
        expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(
          ((hours * 60 + minutes) * 60 + seconds) * 1_000,
        )
        expect(parseDuration(`${minutes}m`)).toBe(minutes * 60_000)
      }),
    ))

  test('of any text is a whole number of milliseconds, or none; never of a bare number', () =>
    holds(
      fc.property(fc.oneof(anyText, near('0123456789hms .-+e')), (text) => {
        const durationMs = parseDuration(text)
        if (durationMs === undefined) return
        expect(Number.isSafeInteger(durationMs)).toBe(true)
        expect(durationMs).toBeGreaterThanOrEqual(0)
        expect(text).toMatch(/^[0-9hms]*[hms]$/)
      }),
      1_000,
    ))
})

describe('a port', () => {
  const anyPort: fc.Arbitrary<VersionPort> = fc
    .record({
      name: fc.stringMatching(/^[a-z][a-z0-9 _-]{0,10}[a-z0-9]$/),
      port: fc.integer({ min: 1, max: 59_999 }),
      protocol: fc.constantFrom('TCP', 'UDP', 'TCP/UDP', 'WS', 'WSS', 'HTTP', 'HTTPS'),
      isChecked: fc.boolean(),
      hasTls: fc.boolean(),
    })
    .map((port) => ({
      ...port,
      name: port.name.replace(/ +/g, ' '),
      hasTls: port.hasTls && (port.protocol === 'WS' || port.protocol === 'HTTP'),
    }))

  test('is shown as it is written, and comes back from the API as the same one', () =>
    holds(
      fc.property(fc.array(anyPort, { maxLength: 5 }), (ports) => {
        for (const port of ports) {
          expect(parsePort(showPort(port))).toEqual(port)
          expect(toPort(portBody(port))).toEqual(port)
        }
        expect(showPorts(ports)).toBe(showPorts(ports.toReversed()))
      }),
    ))

  test('of any line is one within the limits, or a sentence', () =>
    holds(
      fc.property(fc.oneof(anyText, near('gp 0123456789/udtcws-')), (line) => {
        const port = parsePort(line)
        if (typeof port === 'string') expect(port).not.toBe('')
        else {
          expect(port.port).toBeLessThan(60_000)
          expect(parsePort(showPort(port))).toEqual(port)
        }
      }),
      1_000,
    ))
})

describe('the YAML of version-config', () => {
  const read = async (text: string) => {
    const problems = new Problems()
    const config = await readVersionConfig(text, () => false, problems)
    return { config, problems: problems.list }
  }

  test('of any text gives a plain mapping or problems, and shows nothing of the text', () =>
    holds(
      fc.asyncProperty(
        fc.oneof(anyInput, near('ab:- \n\t{}[],"\'&*!|>#%@`?<~1.e')),
        async (text) => {
          const { config, problems } = await read(`canary-8291${text}`)
          expect(problems.join()).not.toContain('canary-8291')
          if (problems.length > 0) expect(config).toEqual({})
          // What a request can carry, unchanged.
          expect(JSON.parse(JSON.stringify(config))).toEqual(config)
          expect(Object.getPrototypeOf(config)).toBe(Object.prototype)
        },
      ),
      400,
    ))

  test('takes any mapping that JSON has, or says what is wrong; nothing reaches the prototype', () =>
    holds(
      fc.asyncProperty(
        fc.dictionary(fc.string(), anyJson(['envs', 'ports', 'req_cpu', 'a', 'key'])),
        async (mapping) => {
          const { config, problems } = await read(JSON.stringify(mapping))
          if (problems.length === 0) expect(config).toEqual(JSON.parse(JSON.stringify(mapping)))
          expect(Object.keys(Object.prototype)).toEqual([])
        },
      ),
      300,
    ))
})
