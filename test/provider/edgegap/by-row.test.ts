import { describe, expect, it } from 'vitest'
import { readyByRow } from '../../../src/provider/edgegap/by-row.ts'
import type { DeploymentRow, StatusReading } from '../../../src/provider/edgegap/wire.ts'

const ROW: DeploymentRow = {
  id: 'a',
  isReady: true,
  facts: { host: 'h', ports: [] },
  tags: [],
}
const LAST: StatusReading = {
  state: 'pending',
  status: 'Status.DEPLOYING',
  known: true,
  facts: { location: 'Paris', maxMinutes: 60, ports: [] },
  place: { city: 'Paris' },
  reason: 'the image is large',
}

describe('a row of the list that says ready', () => {
  it('is enough, with what an earlier status said beside it', () => {
    expect(readyByRow(ROW, LAST)).toEqual({
      state: 'succeeded',
      status: 'Status.READY',
      known: true,
      facts: { location: 'Paris', maxMinutes: 60, host: 'h', ports: [] },
      place: { city: 'Paris' },
    })
  })

  it.each([
    ['Status.DEPLOYING', 'Status.READY'],
    ['status.deploying', 'status.READY'],
    ['DEPLOYING', 'READY'],
    ['X Status.DEPLOYING', 'READY'],
  ])('is spelled as %s is', (status, ready) => {
    expect(readyByRow(ROW, { ...LAST, status })?.status).toBe(ready)
  })

  it('has no place where none was read', () => {
    const { place: _, ...last } = LAST
    expect(readyByRow(ROW, last)).not.toHaveProperty('place')
  })

  it.each<[string, DeploymentRow | undefined, StatusReading | undefined]>([
    ['no row', undefined, LAST],
    ['a row that is not ready', { ...ROW, isReady: false }, LAST],
    ['a row without an address', { id: 'a', isReady: true, tags: [] }, LAST],
    ['no status before', ROW, undefined],
    ['an unknown status before', ROW, { ...LAST, known: false }],
    ['a status without a location before', ROW, { ...LAST, facts: {} }],
  ])('is not enough with %s', (_, row, last) => {
    expect(readyByRow(row, last)).toBeUndefined()
  })
})
