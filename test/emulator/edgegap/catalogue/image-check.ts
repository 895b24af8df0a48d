import type { Reply } from '../../delivery.ts'
import type { EdgegapSettings } from '../settings.ts'
import type { VersionFields } from './version.ts'

/** Refuses an image that the registry does not hand out, as `verify_image` finds it. */
export function checkImage(fields: VersionFields, settings: EdgegapSettings): Reply | undefined {
  const login = checkLogin(fields, settings)
  if (login !== undefined) return login
  const { docker_repository, docker_image, docker_tag } = fields
  const name = `${docker_repository}/${docker_image}`
  const tags = Object.hasOwn(settings.images, name) ? settings.images[name] : undefined
  const isPullable = tags?.includes(docker_tag) ?? settings.otherImagesPullable
  return isPullable ? undefined : notPullable()
}

function checkLogin(fields: VersionFields, settings: EdgegapSettings): Reply | undefined {
  const needed = settings.registryLogins[fields.docker_repository]
  if (needed === undefined) return undefined
  if (!fields.private_username || !fields.private_token) return notPullable()
  const isUser = fields.private_username === needed.username
  if (isUser && fields.private_token === needed.token) return undefined
  return { status: 400, body: { message: 'Unable to login with the given credentials' } }
}

function notPullable(): Reply {
  return { status: 424, body: { message: 'Unable to pull image from registry' } }
}
