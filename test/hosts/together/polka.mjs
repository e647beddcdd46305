import polka from 'polka'
import { callbacks, listening } from './callbacks.mjs'

const app = polka()
app.use('/smile-id', callbacks.router)
app.listen(0, '127.0.0.1', () => listening(app.server.address().port))
