"""A Chainlit chat. Its messages are in memory: without a database, Chainlit keeps them nowhere else."""

import chainlit as cl
from openai import AsyncOpenAI

client = AsyncOpenAI()


@cl.on_message
async def answer(message: cl.Message):
    messages = cl.user_session.get("messages") or []
    cl.user_session.set("messages", messages)
    messages.append({"role": "user", "content": message.content})
    reply = cl.Message(content="")
    stream = await client.chat.completions.create(model="stub", messages=messages, stream=True)
    async for chunk in stream:
        if chunk.choices and (token := chunk.choices[0].delta.content):
            await reply.stream_token(token)
    await reply.update()
    messages.append({"role": "assistant", "content": reply.content})
