"""A Streamlit chat in one page, in the manner of public examples.

A visitor's messages are a pickle file. Its id is in the page's address, so that a reload finds it.
"""

import os
import pickle
import socket
import uuid
from pathlib import Path

import boto3
import streamlit as st
from botocore.config import Config

SESSIONS = Path(os.environ["SESSION_DIRECTORY"])
MODELS = {
    "Nova Pro": "amazon.nova-pro-v1:0",
    "Nova Micro": "amazon.nova-micro-v1:0",
    "Nova Lite": "amazon.nova-lite-v1:0",
}


@st.cache_resource
def bedrock():
    """One client for all sessions, with a connection for each of 100 replies."""
    return boto3.client("bedrock-runtime", config=Config(max_pool_connections=100))


def session_id():
    """Returns the id in the address, or a new one. Other texts than ids never become file names."""
    try:
        return uuid.UUID(st.query_params["session"]).hex
    except (KeyError, ValueError):
        st.query_params["session"] = uuid.uuid4().hex
        return st.query_params["session"]


def load(file):
    try:
        return pickle.loads(file.read_bytes())
    except FileNotFoundError:
        return []


def save(file, messages):
    temporary = file.with_suffix(".tmp")
    temporary.write_bytes(pickle.dumps(messages))
    temporary.replace(file)


def tokens(model, messages):
    answer = bedrock().converse_stream(
        modelId=model,
        messages=[{"role": role, "content": [{"text": text}]} for role, text in messages],
    )
    for event in answer["stream"]:
        if "contentBlockDelta" in event:
            yield event["contentBlockDelta"]["delta"]["text"]


st.set_page_config(page_title="Chat")
session = session_id()
file = SESSIONS / f"{session}.pickle"
if "messages" not in st.session_state:
    st.session_state.messages = load(file)
messages = st.session_state.messages

with st.sidebar:
    st.caption(f"Host: {socket.gethostname()}")
    st.caption(f"Session: {session[:8]}")
    model = MODELS[st.selectbox("Model", MODELS)]
    if st.button("Reset session"):
        messages.clear()
        file.unlink(missing_ok=True)

for role, text in messages:
    with st.chat_message(role):
        st.markdown(text)

if prompt := st.chat_input("Message"):
    messages.append(("user", prompt))
    save(file, messages)
    with st.chat_message("user"):
        st.markdown(prompt)
    with st.chat_message("assistant"):
        text = st.write_stream(tokens(model, messages))
    messages.append(("assistant", text))
    save(file, messages)
