"""One journey on a real cluster: install, ask, load, change, break, switch, uninstall.

The files run in the order of their names and share one release; `make e2e` starts them. They take any
KUBECONFIG, install into a namespace of their own and remove it at the end.
"""
