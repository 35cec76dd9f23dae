"""The API in Xoxzo's words: its routes, its names for fields, its errors. Nothing outside this room knows them."""
