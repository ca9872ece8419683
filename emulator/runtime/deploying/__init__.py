"""What deploy_tool.py is made of: the archive of a service folder, and the control API. Standard library only."""
