// Connections on which nobody has asked anything. A browser opens some ahead of what it will ask; Node counts them as busy and, once a server is closing,
// waits for them without end. Whoever has asked is answered first; fastify sees to that.

import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Has an app that ends hang up on whoever has asked nothing yet. */
export function dropSilentConnections(app: FastifyInstance): void {
  const silent = new Set<Socket>()
  let ending = false
  app.server.on('connection', (socket) => {
    if (ending) {
      socket.destroy()
      return
    }
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }) => silent.delete(socket))
  app.addHook('preClose', async () => {
    ending = true
    for (const socket of silent) socket.destroy()
  })
}
