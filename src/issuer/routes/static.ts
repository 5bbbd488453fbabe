// Browser code and styles. Their addresses carry a hash of their contents, so a browser asks for each once; most take it compressed.

import type { FastifyPluginAsync } from 'fastify'
import { Turned } from '../answers.ts'
import type { BrowserCode } from '../browser-code.ts'

export const staticRoutes =
  ({ assets }: BrowserCode): FastifyPluginAsync =>
  async (app) => {
    app.get<{ Params: { '*': string } }>('/static/*', async (request, reply) => {
      const asset = assets.get(request.params['*'])
      if (!asset) throw new Turned('not_found')
      reply.headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' }).type(asset.type)
      const takesBrotli = /\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers['accept-encoding'] ?? '')
      return takesBrotli ? reply.header('content-encoding', 'br').send(asset.brotli()) : reply.send(asset.body)
    })
  }
