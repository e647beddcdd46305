import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions'
import { smileIdCallbacks } from 'express-smile-id'

const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: process.env['SMILE_ID_API_KEY'] ?? '' } })

app.http('smile-id', {
  methods: ['POST'],
  authLevel: 'anonymous',
  async handler(request: HttpRequest): Promise<HttpResponseInit> {
    const clientIp = request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim()
    const answer = await callbacks.fetch(request, { clientIp, params: request.params })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
  },
})
