"""What every server of ours needs: HTTP on a bound socket, patience with slow peers, token requests, a rate limit.

Below the platform and the token proxy, which know nothing of each other. Knows no resource and no caller.
"""
