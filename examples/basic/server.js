// npx tsx server.js
import { app } from './app.ts'

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`Smile ID callbacks are received at http://127.0.0.1:${server.address().port}/smile-id`)
})
