import type { Reply } from '../../delivery.ts'
import { isObject } from '../order.ts'
import type { EdgegapSettings } from '../settings.ts'
import { timestamp } from '../timestamp.ts'
import type { Application, Catalogue } from './catalogue.ts'

/** OpenAPI v1 `Application`. */
export function applicationJson({ name, image, isActive, createdOn }: Application) {
  const time = timestamp(createdOn)
  return { name, is_active: isActive, image, create_time: time, last_updated: time }
}

/** OpenAPI v1 `POST /v1/app`. */
export function createApplication(
  body: unknown,
  catalogue: Catalogue,
  { maxApplications }: EdgegapSettings,
): Reply {
  const { name, image, is_active } = isObject(body) ? body : {}
  const isNamed = typeof name === 'string' && name.length >= 3 && name.length <= 64
  if (!isNamed || typeof image !== 'string' || typeof is_active !== 'boolean') {
    return refuse(400, 'name (3 to 64 characters), image and is_active are required')
  }
  if (catalogue.application(name) !== undefined) return refuse(409, `${name} already exists`)
  if (catalogue.applications.length >= maxApplications) {
    // The missing letter is Edgegap's.
    return refuse(400, `You have reached you Application limit of ${maxApplications}`)
  }
  const application = catalogue.addApplication(name, image)
  application.isActive = is_active
  return { status: 200, body: applicationJson(application) }
}

function refuse(status: number, message: string): Reply {
  return { status, body: { message } }
}
