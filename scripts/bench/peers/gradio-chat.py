"""A Gradio chat. Its messages are in the open page, which sends them with each message."""

import gradio as gr
from openai import AsyncOpenAI

client = AsyncOpenAI()


def text_of(content):
    """Content is a text, or a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


async def answer(message, history):
    earlier = [{"role": item["role"], "content": text_of(item["content"])} for item in history]
    stream = await client.chat.completions.create(
        model="stub",
        messages=[*earlier, {"role": "user", "content": message}],
        stream=True,
    )
    text = ""
    async for chunk in stream:
        if chunk.choices and (token := chunk.choices[0].delta.content):
            text += token
            yield text


# Gradio's default answers one message at a time.
gr.ChatInterface(answer, api_name="chat", concurrency_limit=None).launch()
