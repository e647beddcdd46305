/** Which generation's words a body is written in. Where its signature was is another matter: that is `Generation`. */
export type Shape = 'v1' | 'v3'
