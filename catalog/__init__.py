"""What AWS is made of: services, actions, resource types, condition keys, and how calls map to actions."""
