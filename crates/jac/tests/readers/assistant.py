"""An assistant: starts `jac mcp` with the arguments given, calls the tools that standard input names, and prints the answers, as JSON."""
import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def plain(value):
    return value.model_dump(by_alias=True, exclude_none=True, mode="json")


async def main():
    calls = json.load(sys.stdin)
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:], env=dict(os.environ))
    async with stdio_client(server) as (read, write):
        async with ClientSession(read, write) as session:
            opened = plain(await session.initialize())
            tools = [plain(tool) for tool in (await session.list_tools()).tools]
            answers = []
            for name, arguments in calls:
                try:
                    answers.append(plain(await session.call_tool(name, arguments)))
                except Exception as error:
                    answers.append({"refused": str(error)})
    json.dump({"opened": opened, "tools": tools, "answers": answers}, sys.stdout)


asyncio.run(main())
