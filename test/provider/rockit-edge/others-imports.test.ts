import { describe, expect, it } from 'vitest'
import { ImportRecord } from '../../../src/provider/rockit-edge/import-record.ts'
import { appOf, taskOf } from './build-scene.ts'

const newRecord = () => new ImportRecord({ app: appOf(), tasks: [] })
const theirs = taskOf('mkraw', 'begin', { name: 'theirs', buildName: '0007' })
const ours = taskOf('mkraw', 'begin', { name: 'ours', buildName: '0008' })

describe('imports that were listed before the end of our upload', () => {
  it('are not ours, now and in later lists', () => {
    const record = newRecord()
    record.exclude([theirs])
    record.update([theirs])
    expect([record.build, record.own()]).toEqual([undefined, []])
    record.update([theirs, ours])
    expect(record.build).toBe('0008')
    expect(record.own().map(({ name }) => name)).toEqual(['ours'])
  })

  it('are forgotten where one was taken for ours', () => {
    const record = newRecord()
    record.update([theirs])
    expect(record.build).toBe('0007')
    record.exclude([theirs])
    expect([record.build, [...record.tasks.keys()]]).toEqual([undefined, []])
  })

  it('are forgotten where they were two, of which each could have been ours', () => {
    const record = newRecord()
    const further = taskOf('mkraw', 'begin', { name: 'further', buildName: '0009' })
    record.update([theirs, further])
    expect(record.contenders).toEqual(['0007', '0009'])
    record.exclude([theirs, further])
    expect([record.build, record.contenders]).toEqual([undefined, []])
  })

  it('leave our build as it is where it is another', () => {
    const record = newRecord()
    record.update([ours])
    record.exclude([theirs])
    expect(record.build).toBe('0008')
  })

  it('change nothing where the reply has named our task', () => {
    const record = newRecord()
    record.identify('theirs', undefined)
    record.exclude([theirs])
    record.update([theirs])
    expect(record.build).toBe('0007')
    expect(record.own().map(({ name }) => name)).toEqual(['theirs'])
  })

  it('change nothing of a build that the reply has named', () => {
    const record = newRecord()
    record.identify(undefined, '0007')
    record.exclude([theirs])
    expect([record.build, record.isBuildNamed]).toEqual(['0007', true])
  })

  it('of which the build is not known yet exclude no build', () => {
    const record = newRecord()
    record.exclude([taskOf('dltar', 'begin', { name: 'theirs', buildName: undefined })])
    record.update([ours])
    expect(record.build).toBe('0008')
  })

  it('are imports only: an open upload may be ours', () => {
    const record = newRecord()
    const upload = taskOf('upload', 'begin', { name: 'upload', buildName: undefined })
    record.update([upload])
    record.exclude([upload])
    expect([...record.tasks.keys()]).toEqual(['upload'])
  })
})

it('of a build nothing is known to begin with, and it is not named', () => {
  const record = newRecord()
  expect([record.build, record.isBuildNamed, record.contenders]).toEqual([undefined, false, []])
})
