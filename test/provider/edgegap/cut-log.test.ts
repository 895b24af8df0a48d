import { describe, expect, it } from 'vitest'
import { readCutLog } from '../../../src/provider/edgegap/cut-log.ts'

const log = 'one\n"two"\\ é\u2028\n\\n\\\\n three\n{"four":1}\n'
const whole = JSON.stringify({ encoding: 'utf-8', logs: log, crash_logs: '', crash_data: {} })
const from = whole.indexOf('one')
const to = whole.indexOf('","crash_logs"')

describe('a log that was cut', () => {
  it('is read as far as it goes where its end is missing', () => {
    for (let length = from; length <= to; length++) {
      const read = readCutLog(whole.slice(0, length)).text
      expect(log.startsWith(read)).toBe(true)
      expect(read.length).toBeGreaterThan(length - from - 20)
    }
    for (let length = to; length < whole.length; length++) {
      expect(readCutLog(whole.slice(0, length)).text).toBe(log)
    }
  })

  it('begins with its first whole line where its beginning is missing', () => {
    for (let start = from; start < whole.lastIndexOf('\\n'); start++) {
      const read = readCutLog(whole.slice(start)).text
      expect(log.endsWith(read)).toBe(true)
      expect(read === '' || log.includes(`\n${read}`)).toBe(true)
    }
    expect(readCutLog(whole.slice(from)).text).toBe(log.slice(log.indexOf('\n') + 1))
  })

  it('is what is between where both are missing', () => {
    for (let start = from; start < to - 20; start++) {
      for (let end = start + 20; end <= to; end++) {
        expect(log).toContain(readCutLog(whole.slice(start, end)).text)
      }
    }
  })

  it('has the crash log behind it', () => {
    const body = JSON.stringify({ logs: 'a\nb', crash_logs: 'c\nd' })
    expect(readCutLog(body.slice(body.indexOf('a'))).text).toBe('b\nc\nd')
  })

  it('has what the reply says of a crash, where that is there', () => {
    const body = JSON.stringify({
      logs: 'a\nb',
      crash_logs: null,
      crash_data: { restart_count: 2 },
    })
    expect(readCutLog(body.slice(body.indexOf('a'))).crashData).toEqual({ restart_count: 2 })
    expect(readCutLog(body.slice(0, -5)).crashData).toBeUndefined()
  })

  it.each([
    ['blanks', ' \n{ "encoding" : "utf-8" ,\n "logs" : "a\\nb', 'a\nb'],
    ['nothing before it', '{"logs":"a', 'a'],
    ['another log before it', '{"old_logs":"x","logs":"a', 'a'],
    ['the word logs in it', '{"logs":"say \\"logs\\":\\"x', 'say "logs":"x'],
  ])('begins where the reply says so, with %s', (_, body, text) => {
    expect(readCutLog(body).text).toBe(text)
  })

  it('is not looked for far behind the beginning of a reply', () => {
    const body = (length: number) => `{"x":"${'x'.repeat(length)}","logs":"a\\nb`
    expect(readCutLog(body(9_900)).text).toBe('a\nb')
    expect(readCutLog(body(10_000)).text).toBe('')
  })

  it.each([
    ['two backslashes and an n are no line break', 'x\\\\nab\\ncd', 'cd'],
    ['a backslash before a line break is', 'x\\\\\\nab', 'ab'],
    ['at its very beginning a line break may be the half of an escape', '\\nab\\ncd', 'cd'],
    ['a tag is no page', '<- joined\\nplayer', 'player'],
    ['a brace is no reply', '{x}\\nplayer', 'player'],
  ])('has whole lines: %s', (_, body, text) => {
    expect(readCutLog(body).text).toBe(text)
  })

  it.each([
    ['\\', ''],
    ['\\u', ''],
    ['\\u00', ''],
    ['\\u00e', ''],
    ['\\u00e9', 'é'],
    ['\\\\', '\\'],
    ['\\\\u00', '\\u00'],
    ['\\"', '"'],
    ['\\\\","crash_logs":"x', '\\'],
    ['","crash_logs":"x', ''],
  ])('that ends with %j has %j of it', (end, text) => {
    expect(readCutLog(`{"logs":"ab${end}`).text).toBe(`ab${text}`)
  })

  it('that cannot be read is empty', () => {
    expect(readCutLog('{"logs":"a\\qb').text).toBe('')
    expect(readCutLog('{"logs":"a\nb').text).toBe('')
  })

  it.each([
    ['{"logs":"a","crash_logs":"b"}', 'a\nb', {}],
    ['{"logs":"","crash_logs":"b"}', 'b', {}],
    ['{"logs":"a","crash_logs":""}', 'a', {}],
    ['{"logs":"a","crash_logs":{}}', 'a', {}],
    ['{"logs":"a","crash_data":[]}', 'a', {}],
    ['{"logs":"a","crash_data":{"x":1}}', 'a', { x: 1 }],
    ['x\\na","crash_data":{"x":1}}', 'a', { x: 1 }],
  ])('with its end is whole: %s', (body, text, crashData) => {
    expect(readCutLog(body)).toStrictEqual({ text, crashData })
  })

  it('may be one line', () => {
    for (const text of ['x'.repeat(100), '\t'.repeat(100), 'é"'.repeat(50)]) {
      const body = JSON.stringify({ logs: text })
      for (let start = 20; start < 40; start++) {
        const read = readCutLog(body.slice(start)).text
        expect(read).not.toBe('')
        expect(text).toContain(read.slice(5))
      }
    }
  })

  it.each([
    ...['', ' ', '{', ' { ', '{"logs":', '{ "logs":null', '<html>', ' <!DOCTYPE html>', '\\\\\\\\'],
    ...['<html>\\nx', '{"message":"a\\nb"}', 'abc'],
  ])('is empty in %j', (body) => {
    expect(readCutLog(body).text).toBe('')
  })
})
