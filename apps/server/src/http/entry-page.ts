/** Shown where a link is used up or wrong. In both languages, as nobody's choice is known yet; no script, no foreign part. */
export const entryRefusedPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Nodeward</title></head>
<body style="font-family: system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; line-height: 1.6">
<h1>Nodeward</h1>
<p>This link has been used already, or is too old. Run <code>nodeward link</code> on the server for a new one.</p>
<p lang="ja">このリンクは使用済みか、期限切れです。サーバーで <code>nodeward link</code> を実行して、新しいリンクを取得してください。</p>
</body>
</html>
`;
